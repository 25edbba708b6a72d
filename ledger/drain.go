package ledger

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Worker carries out the due objects of one kind. Do claims the object first:
// another worker may be at it. It leaves the object finished, or due later;
// one that it leaves due as it was is tried again by the next Drain.
type Worker struct {
	Kind string
	Do   func(ctx context.Context, s Store, o Object) error
}

// DrainOptions tune Drain. The zero value is right for most.
type DrainOptions struct {
	Env      Env
	Parallel int                 // how many objects are worked on at once; 0 and 1: one, in order of due time
	Failed   func(Object, error) // told of each failure as it happens; may be called at once from several goroutines; a panic of it ends in Drained.Err
}

// Drained says what a Drain did.
type Drained struct {
	Done   int // objects worked on without error
	Failed int
	Err    error // the failures, joined (the first hundred)
}

// Bounds of a Drain.
const (
	maxSteps = 10000 // ends work that comes due again and again at the same moment
	turn     = 1000  // objects of one kind that are worked on before the next kind has its turn
)

// Drain does all work that is due, until nothing is: work that becomes due by
// work is done too. An object that fails is left for the next Drain and holds
// nobody up; kinds take turns, so that one which always has more due holds no
// other up either, though the Drain then ends with ctx alone. The error tells
// that work could not be listed, or that ctx ended; failures of single objects
// are in Drained.
func Drain(ctx context.Context, s Store, o DrainOptions, ws ...Worker) (Drained, error) {
	d := &drain{s: s, o: o, tried: make(map[ID]tries)}
	places := make([]Place, len(ws))
	for progress := true; progress; {
		progress = false
		for i, w := range ws {
			n, next, err := d.turn(ctx, w, places[i])
			if err != nil {
				return d.result, err
			}
			places[i] = next
			progress = progress || n > 0
		}
	}
	return d.result, nil
}

type drain struct {
	s     Store
	o     DrainOptions
	tried map[ID]tries

	mu     sync.Mutex
	result Drained
}

// tries is how often an object was worked on, and at which version last.
type tries struct {
	n       int
	version int64
}

// turn does what is due of one kind after a place: all of it, or as much as is
// a turn. It returns where the next turn goes on.
func (d *drain) turn(ctx context.Context, w Worker, after Place) (done int, next Place, err error) {
	q := Query{Kind: w.Kind, Name: DueKey, To: d.o.Env.Time().Add(time.Microsecond), After: after}
	for done < turn {
		var list []Object
		err := read(ctx, d.s, func(v View) error {
			list, err = v.Find(q)
			return err
		})
		if err != nil {
			return done, Place{}, err
		}
		if len(list) == 0 {
			if after.IsZero() {
				return done, Place{}, nil
			}
			q.After, after = Place{}, Place{} // once more from the start: work may have come due before that place
			continue
		}
		q.After = list[len(list)-1].PlaceIn(q)
		n, err := d.batch(ctx, w, list)
		done += n
		if err != nil {
			return done, Place{}, err
		}
	}
	return done, q.After, nil
}

// batch works on objects, some at once if the options say so, and waits. An
// object that stands as it was left is not taken twice in one drain.
func (d *drain) batch(ctx context.Context, w Worker, list []Object) (done int, err error) {
	slots := make(chan struct{}, max(1, d.o.Parallel))
	var group sync.WaitGroup
	defer group.Wait()
	for _, o := range list {
		t := d.tried[o.ID]
		if t.version == o.Version {
			continue
		}
		if err := ctx.Err(); err != nil {
			return done, unavailable("drain", err)
		}
		d.tried[o.ID] = tries{t.n + 1, o.Version}
		if t.n >= maxSteps {
			d.note(o, fmt.Errorf("ledger: %v has come due %d times in one drain", o.ID, maxSteps))
			continue
		}
		done++
		if cap(slots) == 1 {
			d.note(o, safely(ctx, w, d.s, o))
			continue
		}
		slots <- struct{}{}
		group.Add(1)
		go func() {
			defer group.Done()
			defer func() { <-slots }()
			d.note(o, safely(ctx, w, d.s, o))
		}()
	}
	return done, nil
}

func (d *drain) note(o Object, err error) {
	d.mu.Lock()
	if err == nil {
		d.result.Done++
	} else if d.result.Failed++; d.result.Failed <= 100 {
		d.result.Err = errors.Join(d.result.Err, fmt.Errorf("%v: %w", o.ID, err))
	}
	d.mu.Unlock()
	if err != nil && d.o.Failed != nil {
		d.tell(o, err)
	}
}

// tell calls the host's own code, which may panic.
func (d *drain) tell(o Object, err error) {
	defer func() {
		if p := recover(); p != nil {
			d.mu.Lock()
			defer d.mu.Unlock()
			if d.result.Failed <= 100 {
				d.result.Err = errors.Join(d.result.Err, fmt.Errorf("ledger: DrainOptions.Failed panicked at %v: %v", o.ID, p))
			}
		}
	}()
	d.o.Failed(o, err)
}

// safely turns a panic of a worker, which may call a host's code, into an error.
func safely(ctx context.Context, w Worker, s Store, o Object) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("ledger: worker of %s panicked: %v", w.Kind, p)
		}
	}()
	return w.Do(ctx, s, o)
}
