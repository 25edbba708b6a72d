package vault

import "context"

// CardFields are an acquirer's own fields for cards, which it draws in frames of its own:
// souk takes no live card number, so that a page with souk.js gets them from whoever has
// the card's money. In the page, something of the same name draws them (Souk.cards).
type CardFields interface {
	// CardFields tells a page of a platform how to draw them.
	CardFields(ctx context.Context, platform string) (CardMount, error)
}

// CardMount is what a page needs to draw an acquirer's fields. All of it is public.
type CardMount struct {
	Name     string            `json:"name"`               // of what draws them in the page
	Settings map[string]string `json:"settings,omitempty"` // for it: the acquirer's publishable key, and the like
}
