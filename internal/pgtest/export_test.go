package pgtest

var Need = need

type Absent = absent
