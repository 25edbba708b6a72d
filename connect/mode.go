package connect

// Live tells whether the engine is for real money.
func (e *Engine) Live() bool { return e.c.Live }
