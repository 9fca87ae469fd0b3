import Wire

/// What the simulated customers do.
struct DemoOptions {
    /// Conversations at once.
    var customers = 12
    /// New conversations a minute.
    var perMinute = 6.0
    /// Magic links that they click; without any they press Start.
    var links: [WebURL] = []

    /// `customers=N,rate=N,link=URL,...`.
    static func parse(_ text: String) throws(OptionError) -> DemoOptions {
        var options = DemoOptions()
        for part in text.split(separator: ",") {
            guard let equals = part.firstIndex(of: "=") else {
                throw OptionError("--demo takes KEY=VALUE pairs")
            }
            let value = String(part[part.index(after: equals)...])
            switch part[..<equals] {
            case "customers":
                guard let count = Int(value), (1...100_000).contains(count) else {
                    throw OptionError("--demo customers takes a number from 1 on")
                }
                options.customers = count
            case "rate":
                guard let rate = Double(value), rate > 0, rate <= 60_000 else {
                    throw OptionError("--demo rate takes conversations a minute")
                }
                options.perMinute = rate
            case "link":
                guard let url = WebURL(Text(value)) else {
                    throw OptionError("--demo link takes a web address")
                }
                options.links.append(url)
            default: throw OptionError("--demo does not know \(part[..<equals])")
            }
        }
        return options
    }
}
