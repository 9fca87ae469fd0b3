import Foundation
import Storage
import StorageFaults

/// A disk for SQLite that fails and loses power on demand. One thread at a time.
final class FaultyDisk: @unchecked Sendable {  // the tests see to one thread at a time
    private let handle: OpaquePointer
    let name: String

    init() {
        name = "faulty-" + UUID().uuidString
        handle = rh_faults_create(name)!
    }
    deinit { rh_faults_destroy(handle) }

    /// Options that put a store on this disk.
    func options(_ base: StoreOptions) -> StoreOptions {
        var options = base
        options.vfs = name
        return options
    }
    /// Operations since the failure was armed.
    var count: Int { rh_faults_count(handle) }
    /// Whether the operation to fail has come.
    var hasFailed: Bool { rh_faults_has_failed(handle) != 0 }
    /// Which operations count.
    enum Sort: Int32 {
        case all = 0
        case changes = 1
        case writes = 2
    }
    /// Fails the n-th operation from now.
    func fail(_ n: Int, _ sort: Sort = .all, code: Int32 = 0, lasting: Bool = false) {
        rh_faults_fail(handle, n, code, lasting ? 1 : 0, sort.rawValue)
    }
    func heal() { rh_faults_heal(handle) }
    /// Leaves on the disk what a power cut might.
    func cutPower(seed: UInt64) -> Bool { rh_faults_cut_power(handle, seed) == 0 }
}
