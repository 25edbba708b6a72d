// Package hosted serves the pages on which the accounts of a platform provide what is still
// due of them, and see how they stand. It stands on package connect, and a host mounts its
// Pages below a path of its own:
//
//	pages, err := hosted.New(hosted.Config{Engine: engine, Base: "https://pay.example.com/onboarding"})
//	mux.Handle("/onboarding/", pages)
//	link, err := pages.CreateLink(ctx, platform, hosted.LinkRequest{AccountID: ann.ID, RefreshURL: again, ReturnURL: done})
//
// A link is good once, for five minutes, and for one account. Opening it changes nothing, so
// that whatever looks into mail does not use it up: the page has a button, and its form
// claims the link. Whoever claims it has a session of one account in that browser.
//
// The pages are made by html/template, with no script but one that joins the fields of a vault to their form, in English and French.
// Nothing that is typed is kept: it is checked for its form and recorded as provided, as by
// connect.UpdateAccount. Bank details are not typed here at all: a script of the vault, from
// another origin, or the host's own slot brings a token.
package hosted
