import Raft
import Routing
import Wire

extension Replica.Mark {
    /// What `meta` holds: the scalars that belong to the applied state and are in no row.
    ///
    /// A copy of state.db is a snapshot because of it: together with index, term and digest it
    /// tells all that a node needs to go on from there.
    public struct Meta: Hashable, Sendable {
        /// The committed configuration in force at a mark.
        public struct Members: Hashable, Sendable {
            /// The entry that carries it; 0 for the one of the first start.
            public var index: LogIndex
            /// Who takes part.
            public var configuration: Configuration
            /// Members of these parts.
            public init(index: LogIndex, configuration: Configuration) {
                self.index = index
                self.configuration = configuration
            }
        }
        /// The last applied entry's time.
        public var time: LogTime
        /// The configuration; nil where a version wrote the mark that did not store it, and at a
        /// node that joins and knows of none yet.
        public var members: Members?

        /// Meta of these parts.
        public init(time: LogTime, members: Members?) {
            self.time = time
            self.members = members
        }

        /// Reads a mark's `meta`, of version 1 (time alone) or 2; nil if it is neither.
        public init?(_ bytes: [UInt8]) {
            var reader = ByteReader(bytes)
            do throws(WireError) {
                let version = try reader.u8()
                guard version == 1 || version == Self.version else { return nil }
                time = LogTime(milliseconds: try reader.zigzag())
                if version == Self.version, try reader.bool() {
                    let index = LogIndex(try reader.varint())
                    guard let configuration = Configuration(encoded: try reader.blob()) else {
                        return nil
                    }
                    members = Members(index: index, configuration: configuration)
                }
                try reader.expectEnd()
            } catch {
                return nil
            }
        }

        private static let version: UInt8 = 2

        /// The bytes for a mark.
        public var encoded: [UInt8] {
            var writer = ByteWriter(capacity: 64)
            writer.u8(Self.version)
            writer.zigzag(time.milliseconds)
            // A configuration without a voter is none: a joining node has not heard of any.
            let known = members.flatMap { $0.configuration.voters.isEmpty ? nil : $0 }
            writer.bool(known != nil)
            if let known {
                writer.varint(known.index.rawValue)
                writer.blob(known.configuration.encoded)
            }
            return writer.bytes
        }
    }
}
