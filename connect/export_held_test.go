package connect

// ShareMoves tells whether the table of states allows a change of a share.
func ShareMoves(from, to string) bool {
	return shareLife.check("held share", ShareStatus(from), ShareStatus(to)) == nil
}
