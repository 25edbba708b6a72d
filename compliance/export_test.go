package compliance

// TestValue makes up a value that fits a field.
var TestValue = testValue
