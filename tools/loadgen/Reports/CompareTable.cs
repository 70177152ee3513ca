// The result of a comparison as a Markdown table, which also reads well on a terminal. Control plane.
using System.Globalization;
using System.Text.Json;

namespace FastKv.LoadGen.Reports;

/// <summary>Prints medians and ratios.</summary>
internal static class CompareTable
{
    private static readonly string[] s_header =
    [
        "command", "P", "CPU/op A", "CPU/op B", "A : B (rounds)", "req/s A", "req/s B", "B : A",
        "p50 A", "p50 B", "p99 A", "p99 B", "p99.9 A", "p99.9 B", "client CPU/op A", "B",
    ];

    /// <summary>The table.</summary>
    public static void Write(TextWriter output, CompareRow result)
    {
        CultureInfo invariant = CultureInfo.InvariantCulture;
        LoadRow load = result.Load;
        string loop = load.RatePerSecond > 0 ? string.Create(invariant, $"open loop at {load.RatePerSecond:N0} requests/s") : "closed loop";
        string seconds = load.DurationSeconds.ToString(invariant);
        output.WriteLine($"A = {Name(result.A)}, B = {Name(result.B)}; medians of {result.Rounds} alternating rounds of {seconds} s, {loop}.");
        output.WriteLine(string.Create(
            invariant,
            $"{load.Connections} connections, {load.Keys:N0} keys ({load.Distribution}) of {load.KeyBytes} B, values of {load.ValueBytes} B."));
        output.WriteLine("CPU times and latencies in microseconds.");
        output.WriteLine();
        string[][] rows =
        [
            s_header,
            .. result.Cells.Select(Row),
        ];
        WriteRows(output, rows);
        if (result.Cells.Any(c => c.A.Concat(c.B).Any(r => r.NotSent > 0)))
            output.WriteLine("\nNot all requests that were due could be sent in some cell: a server did not keep up with this rate.");
        if (result.Memory is { } memory)
            WriteMemory(output, memory);
    }

    /// <summary>All rounds as JSON.</summary>
    public static void WriteJson(string file, CompareRow result) => JsonFile.Write(file, JsonSerializer.Serialize(result, JsonShapes.Default.CompareRow));

    /// <summary>The table with what is needed to run it again.</summary>
    public static void WriteReport(string file, CompareRow result)
    {
        using var output = new StreamWriter(file) { NewLine = "\n" };
        output.WriteLine($"# {Name(result.A)} and {Name(result.B)}");
        output.WriteLine();
        output.WriteLine($"{result.Utc.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)} UTC, {result.Machine}, client on {result.IoEngine}.");
        output.WriteLine();
        output.WriteLine($"    {result.CommandLine}");
        output.WriteLine();
        Write(output, result);
    }

    private static string Name(ServerRow server) => $"{server.Name} {server.Version}".TrimEnd();

    private static string[] Row(CellRow cell)
    {
        CultureInfo invariant = CultureInfo.InvariantCulture;
        double[] ratios = cell.CpuRatios;
        string Median(RoundRow[] rounds, Func<RoundRow, double> field, string format) => Medians.Of(rounds, field).ToString(format, invariant);
        return
        [
            cell.Command,
            cell.Pipeline.ToString(invariant),
            Median(cell.A, r => r.ServerCpuPerRequest, "F3"),
            Median(cell.B, r => r.ServerCpuPerRequest, "F3"),
            string.Create(invariant, $"{cell.CpuRatio:F2} ({ratios.Min():F2}-{ratios.Max():F2})"),
            Median(cell.A, r => r.RequestsPerSecond, "N0"),
            Median(cell.B, r => r.RequestsPerSecond, "N0"),
            cell.ThroughputRatio.ToString("F2", invariant),
            Median(cell.A, r => r.Latency.P50, "F0"),
            Median(cell.B, r => r.Latency.P50, "F0"),
            Median(cell.A, r => r.Latency.P99, "F0"),
            Median(cell.B, r => r.Latency.P99, "F0"),
            Median(cell.A, r => r.Latency.P999, "F0"),
            Median(cell.B, r => r.Latency.P999, "F0"),
            Median(cell.A, r => r.ClientCpuPerRequest, "F3"),
            Median(cell.B, r => r.ClientCpuPerRequest, "F3"),
        ];
    }

    private static void WriteRows(TextWriter output, string[][] rows)
    {
        int[] widths = [.. Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(r => r[column].Length))];
        for (int i = 0; i < rows.Length; i++)
        {
            IEnumerable<string> cells = rows[i].Select((text, column) => column == 0 ? text.PadRight(widths[0]) : text.PadLeft(widths[column]));
            output.WriteLine($"| {string.Join(" | ", cells)} |");
            if (i > 0)
                continue;
            IEnumerable<string> rules = widths.Select((width, column) => new string('-', width + 1) + (column == 0 ? "-" : ":"));
            output.WriteLine($"|{string.Join("|", rules)}|");
        }
    }

    private static void WriteMemory(TextWriter output, MemoryRow memory)
    {
        const double Mebi = 1024 * 1024;
        double keys = memory.Keys;
        string Growth(long before, long after)
            => string.Create(CultureInfo.InvariantCulture, $"{before / Mebi:F1} to {after / Mebi:F1} MiB ({(after - before) / keys:F1} B each)");
        string count = memory.Keys.ToString("N0", CultureInfo.InvariantCulture);
        output.WriteLine();
        string both = $"A {Growth(memory.ABefore, memory.AAfter)}, B {Growth(memory.BBefore, memory.BAfter)}";
        output.WriteLine($"Resident memory over the preload of {count} commands: {both}.");
    }
}
