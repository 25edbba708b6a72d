package planted

import (
	"context"
	"fmt"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/internal/complaint"
	"github.com/soukhq/souk/ledger"
)

// Proof is what a test of an adapter proves beside the laws, and complains of if
// it does not hold.
type Proof func(c *complaint.T, b *Books)

// proofs lists those that hold for every adapter. In the adapters' own tests they
// stand at length.
func proofs() map[string]Proof {
	return map[string]Proof{
		"what a host takes back is gone":                hostTakesBack,
		"a failure in a host's part is undone":          hostKeepsItsPart,
		"a failure leaves nothing behind":               failureLeavesNothing,
		"a host keeps only its own rows waiting":        hostKeepsNobodyWaiting,
		"a host keeps only its own object waiting":      hostKeepsItsObject,
		"who decides on what is read is waited for":     readersAreWaitedFor,
		"of two hosts that meet one runs again":         hostsMeetCrosswise,
		"a host that reads an old moment is refused":    hostOfAnOldMoment,
		"a host that cannot be put in order runs again": hostOutOfOrder,
		"a key that a host has used is a replay":        hostsKeyIsUsed,
		"events of an object come in order over lanes":  eventsComeInOrder,
		"a shared account closes in every lane":         closesInEveryLane,
		"a replay is as safe as the first":              replayIsWritten,
		"a host that waits in vain runs again":          hostWaitsInVain,
	}
}

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

const book = "plat_1"

var bank = ledger.Ref{Book: book, Owner: "house", Purpose: "bank/main", Currency: ledger.EUR}

func seller(name string) ledger.Ref {
	return ledger.Ref{Book: book, Owner: name, Purpose: "available", Currency: ledger.EUR}
}

// open opens the accounts of some sellers, and the bank, which is shared.
func open(c *complaint.T, b *Books, names ...string) {
	change := &ledger.Change{ID: "open", At: noon, Open: []ledger.Account{{Ref: bank, Shared: true}}}
	for _, n := range names {
		change.Open = append(change.Open, ledger.Account{Ref: seller(n), Floor: ledger.Floor{Kind: ledger.Guarded}})
	}
	commit(c, b.Store, change)
}

// pay pays a seller a cent and puts a thing, both named by id.
func pay(to, id string) *ledger.Change {
	return &ledger.Change{
		ID: "chg_" + id, At: noon,
		Post: []ledger.Transaction{{ID: "tx_" + id, Book: book, Reason: "top-up", Entries: []ledger.Entry{
			{Account: bank, Amount: ledger.Minor(-1, ledger.EUR)}, {Account: seller(to), Amount: ledger.Minor(1, ledger.EUR)},
		}}},
		Put:  []ledger.Object{{ID: thing(id), Data: []byte("{}"), Keys: []ledger.Key{{Name: "all", At: noon}}}},
		Emit: []ledger.Event{{Type: "thing.made", Platform: book, Object: thing(id)}},
	}
}

func thing(id string) ledger.ID { return ledger.ID{Kind: "thing", ID: id} }

func commit(c *complaint.T, s store, change *ledger.Change) *ledger.Receipt {
	r, err := s.Commit(context.Background(), change)
	require.NoError(c, err)
	return r
}

// has checks what a seller has, and that everything adds up.
func has(c *complaint.T, s store, name string, minor int64) {
	require.NoError(c, s.Read(context.Background(), func(v ledger.View) error {
		list, err := v.Accounts(seller(name))
		require.NoError(c, err)
		require.EqualValues(c, minor, list[0].Posted.Minor())
		return nil
	}))
	r, err := ledger.Verify(context.Background(), s)
	require.NoError(c, err)
	require.NoError(c, r.Err())
}

func hostTakesBack(c *complaint.T, b *Books) {
	open(c, b, "a")
	h := b.Begin()
	commit(c, h.Store, pay("a", "1"))
	_ = h.Rollback() // whatever that says
	has(c, b.Store, "a", 0)
	h = b.Begin()
	require.False(c, commit(c, h.Store, pay("a", "1")).Replayed)
	require.NoError(c, h.Commit())
	has(c, b.Second, "a", 1)
}

func hostKeepsItsPart(c *complaint.T, b *Books) {
	open(c, b, "a")
	b.Refuse(notNow)
	h := b.Begin()
	defer h.Rollback()
	commit(c, h.Store, pay("a", "1"))
	_, err := h.Store.Commit(context.Background(), pay("a", "poison"))
	require.Error(c, err)
	require.True(c, commit(c, h.Store, pay("a", "1")).Replayed)
	require.NoError(c, h.Commit())
	has(c, b.Store, "a", 1)
}

// notNow is the code of a check that fails.
const notNow = "23514"

func failureLeavesNothing(c *complaint.T, b *Books) {
	open(c, b, "a")
	b.Refuse(notNow)
	for range 2 {
		_, err := b.Store.Commit(context.Background(), pay("a", "poison"))
		require.Error(c, err)
		has(c, b.Second, "a", 0)
	}
	commit(c, b.Store, pay("a", "1"))
	has(c, b.Second, "a", 1)
}

// hostKeepsNobodyWaiting holds a seller's account in a transaction of a host's. A
// commit that needs it waits and is right in the end; others go on.
func hostKeepsNobodyWaiting(c *complaint.T, b *Books) {
	open(c, b, "a", "b")
	h := b.Begin()
	defer h.Rollback()
	commit(c, h.Store, pay("a", "host"))
	waits := inBackground(b.Store, pay("a", "waits"))
	for i := range 30 {
		commit(c, b.Store, pay("b", fmt.Sprint("other", i)))
	}
	require.Empty(c, waits, "who needs what a host holds has an answer")
	require.NoError(c, h.Commit())
	require.NoError(c, <-waits)
	has(c, b.Store, "a", 2)
	has(c, b.Store, "b", 30)
}

// hostKeepsItsObject does so with an object. Who wanted to write it over the same
// version has lost in the end.
func hostKeepsItsObject(c *complaint.T, b *Books) {
	open(c, b, "b")
	commit(c, b.Store, pay("b", "1"))
	puts := func(id string) *ledger.Change {
		return &ledger.Change{ID: id, At: noon, Put: []ledger.Object{{ID: thing("1"), Version: 1, Data: []byte("{}")}}}
	}
	h := b.Begin()
	defer h.Rollback()
	commit(c, h.Store, puts("host"))
	waits := inBackground(b.Store, puts("waits"))
	for i := range 30 {
		commit(c, b.Store, pay("b", fmt.Sprint("other", i)))
	}
	require.Empty(c, waits, "who needs what a host holds has an answer")
	require.NoError(c, h.Commit())
	require.ErrorIs(c, <-waits, ledger.Conflict)
	has(c, b.Store, "b", 31)
}

func inBackground(s store, change *ledger.Change) chan error {
	answer := make(chan error, 1)
	go func() {
		_, err := s.Commit(context.Background(), change)
		answer <- err
	}()
	return answer
}

// readersAreWaitedFor lets a host decide on an object that it only reads, and
// another write that object: not before the host has ended.
func readersAreWaitedFor(c *complaint.T, b *Books) {
	open(c, b, "a")
	commit(c, b.Store, pay("a", "read"))
	decides := func(id string) *ledger.Change {
		change := pay("a", id)
		change.Expect = []ledger.Expectation{{Object: thing("read"), Version: 1}}
		return change
	}
	commit(c, b.Second, decides("first")) // so that its kind is known
	h := b.Begin()
	defer h.Rollback()
	commit(c, h.Store, decides("second"))
	writes := inBackground(b.Store, &ledger.Change{ID: "writes", At: noon, Put: []ledger.Object{{ID: thing("read"), Version: 1, Data: []byte("{}")}}})
	for !b.Waits() {
		require.Empty(c, writes, "it was written while somebody decides on it")
	}
	require.NoError(c, h.Commit())
	require.NoError(c, <-writes)
	has(c, b.Store, "a", 3)
}

// hostsMeetCrosswise has two hosts take two accounts in opposite orders.
func hostsMeetCrosswise(c *complaint.T, b *Books) {
	open(c, b, "a", "b")
	one, two := b.Begin(), b.Begin()
	defer one.Rollback()
	defer two.Rollback()
	commit(c, one.Store, pay("a", "1"))
	commit(c, two.Store, pay("b", "2"))
	first := inBackground(one.Store, pay("b", "3"))
	for !b.Waits() {
		require.Empty(c, first)
	}
	_, lost := two.Store.Commit(context.Background(), pay("a", "4"))
	if lost == nil {
		lost = <-first
	} else {
		require.NoError(c, <-first)
	}
	require.ErrorIs(c, lost, ledger.Conflict)
}

// hostOfAnOldMoment has others write after the moment that a host sees. It is refused
// before it meets what they wrote.
func hostOfAnOldMoment(c *complaint.T, b *Books) {
	open(c, b, "a")
	h := b.Begin()
	defer h.Rollback()
	require.NoError(c, h.Exec("set transaction isolation level repeatable read"))
	has(c, h.Store, "a", 0)
	commit(c, b.Store, pay("a", "1"))
	_, err := h.Store.Commit(context.Background(), pay("a", "2"))
	require.ErrorIs(c, err, ledger.Invalid)
}

// hostOutOfOrder has a database say that it cannot put a host's transaction in order.
func hostOutOfOrder(c *complaint.T, b *Books) {
	open(c, b, "a")
	b.Refuse("40001")
	h := b.Begin()
	defer h.Rollback()
	_, err := h.Store.Commit(context.Background(), pay("a", "poison"))
	require.ErrorIs(c, err, ledger.Conflict)
}

// hostWaitsInVain has a host wait for a row for a bounded time.
func hostWaitsInVain(c *complaint.T, b *Books) {
	open(c, b, "a")
	one, two := b.Begin(), b.Begin()
	defer one.Rollback()
	defer two.Rollback()
	commit(c, one.Store, pay("a", "1"))
	require.NoError(c, two.Exec("set local lock_timeout = 10"))
	_, err := two.Store.Commit(context.Background(), pay("a", "2"))
	require.ErrorIs(c, err, ledger.Conflict)
}

// replayIsWritten hands a change in again. The answer waits for the standby as
// the first did, which takes a commit that wrote something.
func replayIsWritten(c *complaint.T, b *Books) {
	open(c, b, "a")
	for _, replayed := range []bool{false, true} {
		before := b.Written()
		require.Equal(c, replayed, commit(c, b.Store, pay("a", "1")).Replayed)
		require.NotEqual(c, before, b.Written())
	}
}

// hostsKeyIsUsed has a host use a key that nobody sees yet, and another ask for
// it.
func hostsKeyIsUsed(c *complaint.T, b *Books) {
	open(c, b, "a", "b")
	keyed := func(to, id string) *ledger.Change {
		change := pay(to, id)
		change.Idem = ledger.Idem{Scope: book, Key: "k", Hash: [32]byte{1}}
		return change
	}
	h := b.Begin()
	defer h.Rollback()
	commit(c, h.Store, keyed("a", "host"))
	again := inBackground(b.Store, keyed("b", "again"))
	for b.Waits != nil && !b.Waits() {
		require.Empty(c, again)
	}
	require.NoError(c, h.Commit())
	require.NoError(c, <-again)
	has(c, b.Store, "a", 1)
	has(c, b.Store, "b", 0)
}

// eventsComeInOrder changes one object by turns in the lane of a host, whose
// transaction began before, and in another.
func eventsComeInOrder(c *complaint.T, b *Books) {
	put := func(s store, version int64) {
		commit(c, s, &ledger.Change{ID: fmt.Sprint("put", version), At: noon,
			Put:  []ledger.Object{{ID: thing("1"), Version: version, Data: []byte("{}")}},
			Emit: []ledger.Event{{Type: "thing.put", Platform: book, Object: thing("1")}}})
	}
	const hosts = 8
	for i := range int64(hosts) {
		h := b.Begin()
		require.NoError(c, h.Exec("select 1"))
		put(b.Store, 2*i)
		put(h.Store, 2*i+1)
		require.NoError(c, h.Commit())
	}
	require.NoError(c, b.Store.Read(context.Background(), func(v ledger.View) error {
		list, _, err := v.Events("", "", ledger.MaxPage)
		require.NoError(c, err)
		for i, e := range list {
			require.EqualValues(c, i+1, e.Version)
		}
		require.Len(c, list, 2*hosts)
		return nil
	}))
}

// closesInEveryLane has hosts pay into shared accounts, each in the lane that it
// gets, and close them in another. By chance that is the same one, but not always.
func closesInEveryLane(c *complaint.T, b *Books) {
	open(c, b)
	for i := range 6 {
		day := ledger.Ref{Book: book, Owner: "plat", Purpose: fmt.Sprint("pending/2026-03-0", 1+i), Currency: ledger.EUR}
		commit(c, b.Store, &ledger.Change{ID: day.Purpose, At: noon, Open: []ledger.Account{{Ref: day, Shared: true}}})
		host(c, b, moves(day, 1))
		closes := &ledger.Change{ID: "early " + day.Purpose, At: noon, Close: []ledger.Ref{day}}
		_, err := b.Store.Commit(context.Background(), closes)
		require.ErrorIs(c, err, ledger.State)
		closes = moves(day, -1)
		closes.Close = []ledger.Ref{day}
		host(c, b, closes)
		_, err = b.Store.Commit(context.Background(), moves(day, 2))
		require.ErrorIs(c, err, ledger.State)
	}
}

// moves is a change between the bank and an account, named by both.
func moves(to ledger.Ref, minor int64) *ledger.Change {
	id := fmt.Sprint(to.Purpose, minor)
	return &ledger.Change{ID: id, At: noon, Post: []ledger.Transaction{{ID: id, Book: book, Reason: "charge", Entries: []ledger.Entry{
		{Account: bank, Amount: ledger.Minor(-minor, ledger.EUR)}, {Account: to, Amount: ledger.Minor(minor, ledger.EUR)}}}}}
}

// host commits a change in a transaction of a host's.
func host(c *complaint.T, b *Books, change *ledger.Change) {
	h := b.Begin()
	defer h.Rollback()
	commit(c, h.Store, change)
	require.NoError(c, h.Commit())
}
