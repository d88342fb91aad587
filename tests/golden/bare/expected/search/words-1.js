roundupSearch("words-1",1,"","");
