/// The console's files, compiled into the binary.
public enum Asset {
    /// The page.
    public static var index: [UInt8] { PackageResources.index_html }
}
