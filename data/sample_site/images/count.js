var visits = 0;
