package connect

// disputeLife: what an acquirer has decided it may decide again, and an inquiry that
// was closed may become a dispute. One that was lost by silence may have been answered.
var disputeLife = life[DisputeStatus]{
	InquiryNeedsResponse: {
		InquiryNeedsResponse, InquiryUnderReview, InquiryClosed, DisputeNeedsResponse, DisputeUnderReview, DisputeWon, DisputeLost,
	},
	InquiryUnderReview:   {InquiryUnderReview, InquiryClosed, DisputeNeedsResponse, DisputeUnderReview, DisputeWon, DisputeLost},
	InquiryClosed:        {InquiryClosed, DisputeNeedsResponse, DisputeUnderReview, DisputeWon, DisputeLost},
	DisputeNeedsResponse: {DisputeNeedsResponse, DisputeUnderReview, DisputeWon, DisputeLost},
	DisputeUnderReview:   {DisputeUnderReview, DisputeWon, DisputeLost},
	DisputeWon:           {DisputeWon, DisputeLost},
	DisputeLost:          {DisputeLost, DisputeWon, DisputeUnderReview},
}

// become changes the state of a dispute; a new one has none.
func (d *Dispute) become(to DisputeStatus, code string) error {
	if d.Status != "" {
		if err := disputeLife.check("dispute", d.Status, to); err != nil {
			return err
		}
	}
	d.Status, d.Code = to, code
	return nil
}

// rank orders the states by how far a dispute has come. News of a lower one is late.
func (s DisputeStatus) rank() int {
	switch s {
	case InquiryNeedsResponse:
		return 1
	case InquiryUnderReview:
		return 2
	case InquiryClosed:
		return 3
	case DisputeNeedsResponse:
		return 4
	case DisputeUnderReview:
		return 5
	case DisputeWon, DisputeLost:
		return 6
	}
	return 0
}

// inquiry reports whether it is one, which takes no money.
func (s DisputeStatus) inquiry() bool { return s.rank() <= InquiryClosed.rank() }

// over reports whether nothing is to be done about it.
func (s DisputeStatus) over() bool { return s == InquiryClosed || s == DisputeWon || s == DisputeLost }
