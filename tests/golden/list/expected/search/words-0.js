roundupSearch("words-0",4,"A00001E2E3A1A2B401A3A4A5A6A7A8A9AadaBmongBpButhorAbeforeBoundAcBeliaBlBsBvAexample","vnPNU228888888773zi9pzTvO4A=");
