// Measures what one decision costs in the pure core, for Tests/Benchmarks/bench.py. Not a test: the
// figures depend on the machine.
// Run: swift run -c release decision-cost
for agents in [5, 500] { DecisionCost(agents: agents).run() }
