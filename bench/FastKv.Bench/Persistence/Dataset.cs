// The data that is saved and loaded. Control plane.
using FastKv.Bench.Reports;
using FastKv.LoadGen.Load;

namespace FastKv.Bench.Persistence;

/// <summary>A set of keys and how it is made.</summary>
/// <param name="Name">As in tables.</param>
/// <param name="Text">In words.</param>
/// <param name="Write">The command of the write load.</param>
/// <param name="Fill">Template and share of the keys, of each kind.</param>
internal sealed record Dataset(string Name, string Text, string Write, (string Command, double Share)[] Fill)
{
    /// <summary>Small strings.</summary>
    public static readonly Dataset Small = new("strings", "strings, 16-byte keys and values", "SET key:{key} {bytes:16}", [("SET key:{key} {bytes:16}", 1)]);

    /// <summary>Many types and sizes.</summary>
    public static readonly Dataset Mixed = new("mixed",
        "half of the keys strings of 16 bytes, a tenth each strings of 200 bytes, strings that expire, hashes of 5 fields, lists of 5, "
            + "sets and sorted sets of 4 (5% each)",
        "SET key:{key} {bytes:16}",
        [
            ("SET key:{key} {bytes:16}", 0.5),
            ("SET big:{key} {bytes:200}", 0.1),
            ("SET ttl:{key} {bytes:16} EX 1000000", 0.1),
            ("HSET hsh:{key} f1 {bytes:8} f2 {bytes:8} f3 {int:1M} f4 {bytes:8} f5 {bytes:16}", 0.1),
            ("RPUSH lst:{key} {bytes:8} {bytes:8} {int:1M} {bytes:8} {bytes:8}", 0.1),
            ("SADD set:{key} {bytes:8} {bytes:8} {bytes:8} {bytes:8}", 0.05),
            ("ZADD zst:{key} {int:1M} {bytes:8} {int:1M} {bytes:8} {int:1M} {bytes:8} {int:1M} {bytes:8}", 0.05),
        ]);

    /// <summary>Makes the keys.</summary>
    public void FillInto(DiskServer server, ReportSettings settings)
    {
        LoadOptions options = Options(settings);
        server.Run(options, [.. Fill.Select(f => options.PreloadPhase(new PreloadStep(f.Command, (long)(f.Share * settings.DataKeys))))]);
    }

    /// <summary>Number of keys that the write load draws from: those that it overwrites.</summary>
    public LoadOptions Options(ReportSettings settings) => Compared.Options(settings) with { Keys = (long)(Fill[0].Share * settings.DataKeys) };
}
