roundupSearch("words-1",4,"","");
