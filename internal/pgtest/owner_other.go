//go:build !unix

package pgtest

import (
	"errors"
	"os"
	"os/exec"
)

// owner is nobody: servers are started on Unix alone.
type owner struct{}

func newOwner() (owner, error) {
	return owner{}, absent("it is started on Unix alone; SOUK_TEST_POSTGRES may name a server")
}

func (owner) detach(*exec.Cmd)         {}
func (owner) tempDir() (string, error) { return "", errors.ErrUnsupported }
func shutNow(*os.Process) error        { return errors.ErrUnsupported }
func shutDown(*os.Process) error       { return errors.ErrUnsupported }
func killAll(*os.Process) error        { return errors.ErrUnsupported }
