package connect

// refundLife: failed is final, and a refund that has succeeded fails only where the
// buyer's bank sent its money back.
var refundLife = life[RefundStatus]{
	RefundWaiting:   {RefundPending, RefundFailed, RefundCanceled},
	RefundPending:   {RefundPending, RefundUnknown, RefundSucceeded, RefundFailed},
	RefundUnknown:   {RefundUnknown, RefundPending, RefundSucceeded, RefundFailed},
	RefundSucceeded: {RefundFailed},
	RefundFailed:    {},
	RefundCanceled:  {},
}

func (r *Refund) become(to RefundStatus, code string) error {
	if err := refundLife.check("refund", r.Status, to); err != nil {
		return err
	}
	r.Status, r.Code = to, code
	return nil
}

// coinReturnLife is the same for coins on their way back.
var coinReturnLife = life[CoinReturnStatus]{
	CoinReturnPending:   {CoinReturnPending, CoinReturnUnknown, CoinReturnSucceeded, CoinReturnFailed},
	CoinReturnUnknown:   {CoinReturnUnknown, CoinReturnPending, CoinReturnSucceeded, CoinReturnFailed},
	CoinReturnSucceeded: {},
	CoinReturnFailed:    {},
}

func (x *CoinReturn) become(to CoinReturnStatus, code string) error {
	if err := coinReturnLife.check("coin return", x.Status, to); err != nil {
		return err
	}
	x.Status, x.Code = to, code
	return nil
}

// receiverLife: what the chain gives it can take, so that only a receiver without
// an address is at an end.
var receiverLife = life[ReceiverStatus]{
	ReceiverPending: {ReceiverOpen, ReceiverFailed},
	ReceiverOpen:    {ReceiverOpen, ReceiverFilled, ReceiverExpired},
	ReceiverFilled:  {ReceiverFilled, ReceiverOpen, ReceiverExpired},
	ReceiverExpired: {ReceiverExpired, ReceiverOpen, ReceiverFilled},
	ReceiverFailed:  {},
}

func (r *Receiver) become(to ReceiverStatus) error {
	err := receiverLife.check("receiver", r.Status, to)
	if err == nil {
		r.Status = to
	}
	return err
}

// topUpLife: what was reversed is not reversed again.
var topUpLife = life[TopUpStatus]{
	TopUpSucceeded: {TopUpReversed},
	TopUpReversed:  {},
}
