package sqlite_test

import (
	"maps"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"sync"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
	lib "modernc.org/sqlite/lib"
)

// disk is the file system that SQLite has, and notes what is asked of it. What
// the files would hold if the power had failed in between is made of the notes.
type disk struct {
	name  string // "vfs=" in the name of a database
	mu    sync.Mutex
	steps []step
	open  map[uintptr]*handle
	calls []any // what SQLite calls stays for the garbage collector
}

// handle is an open file. The first sync of a new log also syncs the folder.
type handle struct {
	name  string
	fresh bool
}

type deed int

const (
	wrote deed = iota
	truncated
	deleted
	synced
	folder       // synced: what was deleted before stays so
	acknowledged // not of a file: somebody was told
)

// step is one deed, noted when it was done.
type step struct {
	deed deed
	file string // without its folder; of what was acknowledged, the change
	at   int64  // where it was written; the size it was cut to; how many of the steps a sync covers
	data []byte
}

func (d *disk) note(s step) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.steps = append(d.steps, s)
}

func (d *disk) length() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.steps)
}

// luck says what of a step that was not synced survives: nothing, all, or the
// sectors for which it returns true.
type luck func(sector int) bool

// lucks are ways of losing what was not synced, each made anew for a power cut.
var lucks = []func(*rand.Rand) func() luck{
	func(*rand.Rand) func() luck { // all is lost
		return func() luck { return never }
	},
	func(r *rand.Rand) func() luck { // steps are lost, and parts of them
		return func() luck {
			if r.IntN(3) > 0 {
				keep := r.IntN(2) == 0
				return func(int) bool { return keep }
			}
			return func(int) bool { return r.IntN(2) == 0 }
		}
	},
	func(r *rand.Rand) func() luck { // the disk stops in the middle of a step
		whole, part := r.IntN(8), r.IntN(9)
		return func() luck {
			whole--
			if whole == -1 {
				return func(n int) bool { return n < part }
			}
			return func(int) bool { return whole >= 0 }
		}
	},
	func(*rand.Rand) func() luck { // nothing is lost
		return func() luck { return func(int) bool { return true } }
	},
}

func always(int) bool { return true }
func never(int) bool  { return false }

// cut returns what the disk holds if the power fails after n steps, of files that
// held base before. What was synced is there; the rest is left to luck.
func (d *disk) cut(base map[string][]byte, n int, next func() luck) map[string][]byte {
	steps := d.steps[:n]
	covered := make(map[string]int64) // "" is the folder
	for _, s := range steps {
		if s.deed == synced || s.deed == folder {
			covered[s.file] = max(covered[s.file], s.at)
		}
	}
	files := maps.Clone(base)
	undead := make(map[string]bool) // a deleted file is back, and what was written to its successor is not
	for i, s := range steps {
		keep, cover := luck(always), covered[s.file]
		if s.deed == deleted {
			cover = covered[""]
		}
		if int64(i) >= cover {
			keep = next()
		}
		if undead[s.file] {
			continue
		}
		switch s.deed {
		case wrote:
			files[s.file] = s.write(files[s.file], keep)
		case truncated:
			if old := files[s.file]; keep(0) {
				files[s.file] = append(make([]byte, 0, s.at), old[:min(int64(len(old)), s.at)]...)
			}
		case deleted:
			if keep(0) {
				delete(files, s.file)
			} else {
				undead[s.file] = true
			}
		}
	}
	return files
}

// write returns the file with those sectors of the step that are kept.
func (s step) write(old []byte, keep luck) []byte {
	const sector = 512
	file := append([]byte(nil), old...)
	for n := 0; n*sector < len(s.data); n++ {
		if !keep(n) {
			continue
		}
		part := s.data[n*sector : min((n+1)*sector, len(s.data))]
		at := int(s.at) + n*sector
		if end := at + len(part); end > len(file) {
			file = append(file, make([]byte, end-len(file))...)
		}
		copy(file[at:], part)
	}
	return file
}

// newDisk makes one known to SQLite until the test ends.
func newDisk(t *testing.T) *disk {
	t.Helper()
	d := &disk{name: "disk" + t.Name(), open: make(map[uintptr]*handle)}
	install(t, d, lib.Xsqlite3_vfs_find, lib.Xsqlite3_vfs_register, lib.Xsqlite3_vfs_unregister, lib.Xsqlite3_malloc64)
	return d
}

// install registers the disk. T is the thread that the driver's C runs in. It is
// a type of its runtime, which is no requirement of ours, so it is not named.
func install[T any](t *testing.T, d *disk, find func(T, uintptr) uintptr, register func(T, uintptr, int32) int32,
	unregister func(T, uintptr) int32, alloc func(T, uint64) uintptr) {
	t.Helper()
	tls := thread[T](t)
	real := find(tls, 0)
	own := alloc(tls, uint64(unsafe.Sizeof(lib.Tsqlite3_vfs{})))
	vfs := at[lib.Tsqlite3_vfs](own)
	*vfs = *at[lib.Tsqlite3_vfs](real)
	vfs.FzName = alloc(tls, uint64(len(d.name)+1))
	copy(unsafe.Slice(at[byte](vfs.FzName), len(d.name)+1), d.name+"\x00")
	vfs.FpNext = 0
	methods := make(map[uintptr]uintptr) // the real file system's, and ours for them
	for _, p := range []*uintptr{&vfs.FxOpen, &vfs.FxDelete} {
		require.NotZero(t, *p)
	}
	openReal := function[func(T, uintptr, uintptr, uintptr, int32, uintptr) int32](vfs.FxOpen)
	export(d, &vfs.FxOpen, func(tls T, _, name, file uintptr, flags int32, out uintptr) int32 {
		code := openReal(tls, real, name, file, flags, out)
		if code != lib.SQLITE_OK || name == 0 { // a file without a name is nobody's after a cut
			return code
		}
		d.mu.Lock()
		defer d.mu.Unlock()
		d.open[file] = &handle{base(name), flags&lib.SQLITE_OPEN_CREATE != 0 && flags&(lib.SQLITE_OPEN_WAL|lib.SQLITE_OPEN_MAIN_JOURNAL) != 0}
		f := at[lib.Tsqlite3_file](file)
		if methods[f.FpMethods] == 0 {
			m := alloc(tls, uint64(unsafe.Sizeof(lib.Tsqlite3_io_methods{})))
			*at[lib.Tsqlite3_io_methods](m) = *at[lib.Tsqlite3_io_methods](f.FpMethods)
			noted[T](d, at[lib.Tsqlite3_io_methods](m))
			methods[f.FpMethods] = m
		}
		f.FpMethods = methods[f.FpMethods]
		return code
	})
	deleteReal := function[func(T, uintptr, uintptr, int32) int32](vfs.FxDelete)
	export(d, &vfs.FxDelete, func(tls T, _, name uintptr, syncFolder int32) int32 {
		code := deleteReal(tls, real, name, syncFolder)
		if code == lib.SQLITE_OK {
			d.note(step{deed: deleted, file: base(name)})
			if syncFolder != 0 {
				d.note(step{deed: folder, at: int64(d.length())})
			}
		}
		return code
	})
	require.Zero(t, register(tls, own, 0))
	t.Cleanup(func() { require.Zero(t, unregister(tls, own)) })
}

// noted puts ourselves before the methods of files that change them.
func noted[T any](d *disk, m *lib.Tsqlite3_io_methods) {
	of := func(file uintptr) *handle {
		d.mu.Lock()
		defer d.mu.Unlock()
		return d.open[file]
	}
	write := function[func(T, uintptr, uintptr, int32, int64) int32](m.FxWrite)
	export(d, &m.FxWrite, func(tls T, file, data uintptr, n int32, to int64) int32 {
		code := write(tls, file, data, n, to)
		d.note(step{deed: wrote, file: of(file).name, at: to, data: append([]byte(nil), unsafe.Slice(at[byte](data), n)...)})
		return code
	})
	truncate := function[func(T, uintptr, int64) int32](m.FxTruncate)
	export(d, &m.FxTruncate, func(tls T, file uintptr, size int64) int32 {
		code := truncate(tls, file, size)
		d.note(step{deed: truncated, file: of(file).name, at: size})
		return code
	})
	sync := function[func(T, uintptr, int32) int32](m.FxSync)
	export(d, &m.FxSync, func(tls T, file uintptr, flags int32) int32 {
		covers := int64(d.length()) // what comes while it runs may not be in it
		code := sync(tls, file, flags)
		if code != lib.SQLITE_OK {
			return code
		}
		d.note(step{deed: synced, file: of(file).name, at: covers})
		if f := of(file); f.fresh { // one connection has the handle
			f.fresh = false
			d.note(step{deed: folder, at: covers})
		}
		return code
	})
	shut := function[func(T, uintptr) int32](m.FxClose)
	export(d, &m.FxClose, func(tls T, file uintptr) int32 {
		d.mu.Lock()
		delete(d.open, file)
		d.mu.Unlock()
		return shut(tls, file)
	})
}

// thread borrows one from a connection, which stays open until the test ends.
func thread[T any](t *testing.T) (tls T) {
	t.Helper()
	c, err := pool(t, ":memory:", "").Conn(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	require.NoError(t, c.Raw(func(conn any) error {
		f := reflect.ValueOf(conn).Elem().FieldByName("tls")
		tls = reflect.NewAt(f.Type().Elem(), f.UnsafePointer()).Interface().(T)
		return nil
	}))
	return tls
}

// at reads memory of C.
func at[V any](address uintptr) *V { return *(**V)(unsafe.Pointer(&address)) }

// function and export turn C's pointers to functions into Go's and back.
func function[F any](address uintptr) F { return *(*F)(unsafe.Pointer(&address)) }

func export[F any](d *disk, slot *uintptr, f F) {
	d.calls = append(d.calls, f)
	*slot = *(*uintptr)(unsafe.Pointer(&f))
}

// base reads a path of C's and drops its folder.
func base(path uintptr) string {
	var text []byte
	for c := at[byte](path); *c != 0; c = at[byte](path) {
		text = append(text, *c)
		path++
	}
	return filepath.Base(string(text))
}
