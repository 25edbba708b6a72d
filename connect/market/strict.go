package market

// Decode reads JSON into a struct as strictly as Parse does, for data of other
// packages that are made of facts: names that are no field, in another case, or
// there twice, null, a fact without a value, and more than 256 KiB are
// invalid_market of class Invalid, with the path of the field. Nothing else is
// checked.
func Decode(data []byte, into any) error { return decodeAll(data, into) }
