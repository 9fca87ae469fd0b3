import Routing

/// The rows on the disk are of a feature level that this release does not know.
struct NewerLevel: Error, Hashable, CustomStringConvertible {
    /// Where they are.
    var file: String
    /// Their level.
    var level: FeatureLevel
    /// The highest that this node applies.
    var newest: FeatureLevel

    /// One line for the operator.
    var description: String {
        "\(file) is of feature level \(level) and this node applies levels up to \(newest); run a "
            + "newer release here. The file was left as it is"
    }
}
