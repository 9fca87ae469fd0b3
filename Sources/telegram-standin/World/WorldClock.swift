import Glibc
import Transport

/// The stand-in's time: the machine's, and Telegram's, which `--time-scale` makes faster or slower.
struct WorldClock {
    let loop: EventLoop
    /// How long one of Telegram's seconds takes.
    let scale: Double
    private let start: Int64

    init(loop: EventLoop, scale: Double) {
        self.loop = loop
        self.scale = scale
        start = EventLoop.clock()
    }

    /// The machine's seconds since the start.
    var machineSeconds: Double { Double(EventLoop.clock() - start) / 1e9 }

    /// Telegram's seconds since the start.
    var seconds: Double { machineSeconds / scale }

    /// Seconds since 1970, for dates in messages.
    var unixTime: Int64 { Int64(time(nil)) }

    /// This many of Telegram's seconds as the loop counts.
    func duration(_ seconds: Double) -> Duration {
        .nanoseconds(Int64(max(0, min(seconds * scale, 1e8)) * 1e9))
    }

    /// Runs an action once after some of Telegram's seconds.
    @discardableResult
    func after(_ seconds: Double, _ action: @escaping () -> Void) -> LoopTimer {
        loop.schedule(after: duration(seconds), action)
    }
}

/// A generator that gives the same numbers for the same seed (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
