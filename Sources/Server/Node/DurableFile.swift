import Glibc

/// Small files that must be whole or not there, whatever happens meanwhile.
enum DurableFile {
    /// Writes under another name, syncs, renames, and syncs the directory. Readable by its owner
    /// alone.
    static func write(_ text: String, to file: String) throws(ConfigurationError) {
        let bytes = Array(text.utf8)
        let draft = file + ".new"
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        var isDone = false
        if descriptor >= 0 {
            isDone = Glibc.write(descriptor, bytes, bytes.count) == bytes.count
            isDone = fsync(descriptor) == 0 && isDone
            close(descriptor)
            isDone = isDone && rename(draft, file) == 0
        }
        let slash = file.utf8.lastIndex(of: UInt8(ascii: "/"))
        let directory = slash.map { String(file[...$0]) } ?? "."
        let parent = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        if parent >= 0 {
            isDone = fsync(parent) == 0 && isDone
            close(parent)
        }
        guard isDone, parent >= 0 else {
            throw ConfigurationError(
                file: file, path: "",
                detail: "can't be written: \(String(cString: strerror(errno)))")
        }
    }
}
