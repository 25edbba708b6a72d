package sqlite_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/ledger/sqlite"
)

// Promise 34: whatever of the unsynced writes a power cut takes, the file is
// whole, and has each change that was acknowledged, once.
func TestAPowerCutLosesNothing(t *testing.T) {
	require.Zero(t, powerCuts(t, "full"))
}

// The same with a log that is not synced at each commit loses changes: what finds
// nothing above can find something. Souk refuses to open files that way.
func TestAPowerCutLosesWhatWasNotSynced(t *testing.T) {
	require.NotZero(t, powerCuts(t, "normal"))
}

// powerCuts lets a file live through some power cuts and returns how many changes
// were lost that had been acknowledged. Each life goes on from what the last
// power cut of the one before has left.
func powerCuts(t *testing.T, synchronous string) (lost int) {
	t.Helper()
	lives, cuts := 2, 4
	if long() {
		lives, cuts = 10, 10
	}
	r := rand.New(rand.NewPCG(34, 1))
	files, has := map[string][]byte{}, map[string]string{}
	for life := range lives {
		t.Run(fmt.Sprint("life", life), func(t *testing.T) {
			d := newDisk(t)
			spend(t, d, files, life, synchronous)
			var left map[string][]byte
			var leftHas map[string]string
			for i := range cuts {
				n := 1 + r.IntN(len(d.steps))
				left = d.cut(files, n, lucks[(life+i)%len(lucks)](r))
				leftHas = afterCut(t, left)
				must := maps.Clone(has)
				for _, s := range d.steps[:n] {
					if s.deed == acknowledged {
						must[s.file] = ""
					}
				}
				for id := range must {
					if _, ok := leftHas[id]; !ok {
						lost++
					}
				}
			}
			files, has = left, leftHas
		})
	}
	t.Logf("%d power cuts, %d acknowledged changes lost", lives*cuts, lost)
	return lost
}

// spend is a life of a file: it is opened, migrated if it is new, written to by
// several at once, its log is written back now and then, and it is closed.
func spend(t *testing.T, d *disk, files map[string][]byte, life int, synchronous string) {
	t.Helper()
	path := restore(t, files)
	db := pool(t, "file:"+filepath.ToSlash(path), good+"&_pragma=wal_autocheckpoint(60)&vfs="+d.name)
	db.SetMaxOpenConns(1)
	require.NoError(t, sqlite.Migrate(t.Context(), db))
	s, err := sqlite.New(t.Context(), db)
	require.NoError(t, err)
	_, err = db.Exec("pragma synchronous = " + synchronous)
	require.NoError(t, err)
	var group sync.WaitGroup
	for g := range 4 {
		group.Add(1)
		go func() {
			defer group.Done()
			for i := range 8 {
				id := fmt.Sprint(life, "-", g, "-", i)
				if _, err := s.Commit(context.Background(), topUp(id, 1)); err != nil {
					t.Error(err)
					return
				}
				d.note(step{deed: acknowledged, file: id})
			}
		}()
	}
	group.Wait()
	require.NoError(t, s.Close())
	require.NoError(t, db.Close())
}

// afterCut opens what a power cut has left as SQLite does anywhere, finds it
// whole, and returns which changes it has.
func afterCut(t *testing.T, files map[string][]byte) map[string]string {
	t.Helper()
	path := restore(t, files)
	whole(t, path)
	s := open(t, path)
	ids := kept(t, s)
	require.False(t, commit(t, s, topUp("next", 1)).Replayed, "it goes on")
	return ids
}

// restore puts files in a new folder and returns the path of the books.
func restore(t *testing.T, files map[string][]byte) string {
	t.Helper()
	path := file(t)
	for name, data := range files {
		require.NoError(t, os.WriteFile(filepath.Join(filepath.Dir(path), name), data, 0o600))
	}
	return path
}
