// A model of the throughput of more shards than this machine has cores. Control plane.
using FastKv.LoadGen.Reports;

namespace FastKv.Bench.Reports;

/// <summary>
/// Two measurements give its two parameters: c, the CPU time of a command that stays on its shard, and h, what is added when it goes to another
/// shard. With n shards and random keys, (n − 1)/n of the commands go; a core of its own per shard does 1/(c + h (n − 1)/n) a second.
/// </summary>
internal static class ShardModel
{
    private static readonly int[] ShardCounts = [1, 2, 4, 16, 64];

    /// <summary>Adds the table to a report; A of the comparison has one shard, B two.</summary>
    public static void Write(SectionReport report, CompareRow measured)
    {
        report.Paragraph("**Model of more cores.** c = CPU per command with one shard, h = what a hop adds: with two shards half of the commands hop, so "
            + "h = 2 (c₂ − c). With n shards on n cores of their own, throughput = n / (c + h (n − 1)/n). Assumptions: clients and network keep up; keys are uniform; "
            + "the network interrupt work is spread as the shards are; a hop costs the same among n shards as among 2, although the window of a pipeline is then split "
            + "into more and smaller batches (towards n = P each command travels alone: h then is nearer to the 45 to 84 ns of small batches than to the 17 ns of large ones, "
            + "and the last column takes h for batches of P/n commands as h × min(n/2, P/2), at most 300 ns, the round trip of a single message); "
            + "memory bandwidth and the shared cache are not limits. Measured are 1 and 2 shards only.");
        var rows = new List<string[]>
        {
            (string[])["", "c µs", "h µs", .. ShardCounts.Select(n => $"{n} shards, M/s"), "64, hop per small batch, M/s"],
        };
        foreach (CellRow cell in measured.Cells)
        {
            double local = Compared.Cpu(cell.A);
            double hop = Math.Max(0, 2 * (Compared.Cpu(cell.B) - local));
            double smallBatchHop = Math.Max(hop, Math.Min(hop * Math.Min(32, Math.Max(1, cell.Pipeline / 2.0)), 0.3));
            rows.Add(
            [
                Compared.Name(cell), SectionReport.Number(local, "F3"), SectionReport.Number(hop, "F3"),
                .. ShardCounts.Select(n => SectionReport.Number(Throughput(n, local, hop), "F1")), SectionReport.Number(Throughput(64, local, smallBatchHop), "F1"),
            ]);
        }
        report.Table([.. rows]);
    }

    /// <summary>Millions of commands a second.</summary>
    internal static double Throughput(int shards, double localMicroseconds, double hopMicroseconds) =>
        shards / (localMicroseconds + (hopMicroseconds * (shards - 1) / shards));
}
