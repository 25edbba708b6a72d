package connect

import (
	"bytes"

	"github.com/soukhq/souk/ledger"
)

// verifyActs holds the audit trail that people read against the feed, which is sealed:
// each act has its event, which says the same to the byte, and there is none without.
func verifyActs(v ledger.View, r *ledger.Report) error {
	var told int64
	var at ledger.Cursor
	for {
		list, next, err := v.Events(at, "", ledger.MaxPage)
		if err != nil {
			return err
		}
		var ids []ledger.ID
		var said [][]byte
		for _, e := range list {
			if e.Type == EventActRecorded {
				ids, said = append(ids, e.Object), append(said, e.Data)
			}
		}
		objects, err := v.Objects(ids...)
		if err != nil {
			return err
		}
		for i, o := range objects {
			if told++; o.Version != 1 || !bytes.Equal(o.Data, said[i]) {
				r.Add("act "+o.ID.ID, "it is not what was told of it")
			}
		}
		if at = next; len(list) == 0 { // a short page need not be the last
			break
		}
	}
	var kept int64
	err := eachObject(v, ledger.Query{Kind: platformKind.Name, Name: "platforms"}, func(o ledger.Object) error {
		return eachObject(v, ledger.Query{Kind: actKind.Name, Name: "platform", Value: o.ID.ID}, func(ledger.Object) error { kept++; return nil })
	})
	if err == nil && kept != told {
		r.Add("acts", "%d are kept, and %d were told", kept, told)
	}
	return err
}
