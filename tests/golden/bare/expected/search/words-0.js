roundupSearch("words-0",1,"","");
