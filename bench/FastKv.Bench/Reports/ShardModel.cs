// A model of the throughput of more shards than this machine has cores. Control plane.
using FastKv.LoadGen.Reports;
using static FastKv.Bench.Reports.SectionReport;

namespace FastKv.Bench.Reports;

/// <summary>
/// Two measurements give its two parameters: c, the CPU time of a command that stays on its shard, and h, what is added when it goes to another
/// shard. With n shards and random keys, (n − 1)/n of the commands go; a core of its own per shard does 1/(c + h (n − 1)/n) a second.
/// </summary>
internal static class ShardModel
{
    private static readonly int[] ShardCounts = [1, 2, 4, 16, 64];

    private const int Most = 64;

    /// <summary>A single message to another shard and back, both awake: what a hop costs at most.</summary>
    private const double LoneHopMicroseconds = 0.3;

    private const string Explanation = """
        **Model of more cores.** c = CPU per command with one shard, h = what a hop adds: with two shards half of the commands hop, so h = 2 (c₂ − c).
        With n shards on n cores of their own, throughput = n / (c + h (n − 1)/n). Assumptions: clients and network keep up; keys are uniform; the kernel's
        network work is spread as the shards are; memory bandwidth and the shared cache are no limit; and a hop costs the same among n shards as between 2.
        The last is optimistic: a pipeline of P commands then splits into n batches of P/n rather than 2 of P/2, unless many connections of one turn fill them
        up. So the last column is the pessimistic case for 64 shards: all of h is per batch, that is h × min(n/2, P/2), but at most 0.3 µs, the round trip
        of a lone message. Measured are 1 and 2 shards only.
        """;

    /// <summary>Adds the table to a report; A of the comparison has one shard, B two.</summary>
    public static void Write(SectionReport report, CompareRow measured)
    {
        report.Paragraph(Explanation);
        var rows = new List<string[]>
        {
            (string[])["", "c µs", "h µs", .. ShardCounts.Select(n => $"{n} shards, M/s"), "64, pessimistic, M/s"],
        };
        foreach (CellRow cell in measured.Cells)
        {
            double local = Compared.Cpu(cell.A);
            double hop = Math.Max(0, 2 * (Compared.Cpu(cell.B) - local));
            double batchesPerMeasured = Math.Max(1, Math.Min(Most, cell.Pipeline) / 2.0);
            double lonelyHop = Math.Max(hop, Math.Min(hop * batchesPerMeasured, LoneHopMicroseconds));
            rows.Add(
            [
                Compared.Name(cell), Number(local, "F3"), Number(hop, "F3"),
                .. ShardCounts.Select(n => Number(Throughput(n, local, hop), "F1")), Number(Throughput(Most, local, lonelyHop), "F1"),
            ]);
        }
        report.Table([.. rows]);
    }

    /// <summary>Millions of commands a second.</summary>
    internal static double Throughput(int shards, double localMicroseconds, double hopMicroseconds) =>
        shards / (localMicroseconds + (hopMicroseconds * (shards - 1) / shards));
}
