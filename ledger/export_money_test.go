package ledger

// DivRoundForTest gives the black-box tests the one division there is with
// every rounding mode; Proportion offers it with one.
var DivRoundForTest = divRound
