package connect

import "cmp"

// Party is somebody who pays a fee or bears a loss.
type Party string

// The parties of an account.
const (
	PartyAccount  Party = "account"
	PartyPlatform Party = "platform"
	PartyHouse    Party = "house" // who runs the engine
)

// bears fixes who pays for processing the account's direct charges, and who bears
// what it cannot pay. The processing of other charges is the platform's to pay.
func (a *Account) bears(fees, losses Party) error {
	a.FeesPayer, a.LossesBearer = cmp.Or(fees, PartyAccount), cmp.Or(losses, PartyPlatform)
	switch {
	case a.FeesPayer != PartyAccount && a.FeesPayer != PartyPlatform:
		return badField("invalid_party", "feesPayer", "the account pays for processing, or the platform does")
	case a.LossesBearer != PartyPlatform && a.LossesBearer != PartyHouse:
		return badField("invalid_party", "lossesBearer", "the platform bears what an account cannot pay, or the house does")
	}
	return nil
}
