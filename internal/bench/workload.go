package main

import "context"

// workload is one thing to measure. It hands each row over as it has it.
type workload struct {
	name string
	run  func(ctx context.Context, b *bench, add func(row)) error
}

// workloads lists them in the order in which they run.
func workloads() []workload {
	return []workload{
		{"posting", runPosting},
		{"transfer", runTransfer},
		{"bulk", runBulk},
		{"processes", runProcesses},
		{"hosts", runHosts},
		{"naive", runNaive},
		{"growth", runGrowth},
		{"charge", runCharge},
		{"memory", runMemory},
	}
}
