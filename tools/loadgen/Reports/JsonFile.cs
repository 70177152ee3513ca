// Results as JSON. Control plane.
using System.Text.Json;
using System.Text.Json.Serialization;

namespace FastKv.LoadGen.Reports;

/// <summary>Latencies in microseconds.</summary>
internal sealed record LatencyRow(double Mean, double P50, double P90, double P99, double P999, double Max)
{
    /// <summary>The usual quantiles of a histogram.</summary>
    public static LatencyRow Of(Load.LatencyHistogram latency) => new(
        latency.MeanNs / 1e3,
        latency.QuantileNs(0.5) / 1e3,
        latency.QuantileNs(0.9) / 1e3,
        latency.QuantileNs(0.99) / 1e3,
        latency.QuantileNs(0.999) / 1e3,
        latency.MaxNs / 1e3);
}

/// <summary>The load of a run or comparison, as it was set.</summary>
internal sealed record LoadRow(
    int Connections, int Threads, long Keys, int KeyBytes, int ValueBytes, string Distribution, double Theta, double RatePerSecond, double DurationSeconds)
{
    /// <summary>From the options.</summary>
    public static LoadRow Of(Load.LoadOptions options) => new(
        options.Connections, options.Threads, options.Keys, options.KeyBytes, options.ValueBytes,
        options.Distribution.ToString().ToLowerInvariant(), options.Theta, options.RatePerSecond, options.DurationSeconds);
}

/// <summary>A server as it named itself.</summary>
internal sealed record ServerRow(string Name, string Version, string Address);

/// <summary>A command of the mix.</summary>
internal sealed record CommandRow(string Template, double Weight);

/// <summary>The JSON of a single run. Times are microseconds; an unknown server CPU time is null.</summary>
internal sealed record RunRow(
    DateTime Utc, string Machine, ServerRow Server, LoadRow Load, int Pipeline, string IoEngine, CommandRow[] Commands,
    long Requests, long Errors, string? FirstError, long Nulls, long NotSent, double Seconds, double RequestsPerSecond,
    double? ServerCpuPerRequest, double? ServerUserShare, double ClientCpuPerRequest, long ClientAllocatedBytes, LatencyRow Latency);

/// <summary>One server in one round of a cell.</summary>
internal sealed record RoundRow(
    long Requests, long Errors, long NotSent, double Seconds, double RequestsPerSecond, double ServerCpuPerRequest, double? ServerUserShare,
    double ClientCpuPerRequest, LatencyRow Latency);

/// <summary>A command at a pipeline depth: the rounds of both servers.</summary>
internal sealed record CellRow(
    string Command, int Pipeline, RoundRow[] A, RoundRow[] B, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] RoundRow[]? Floor = null)
{
    /// <summary>CPU time per request of A over B's in each round: what the machine did beside it drifts, and has hit both of a round alike.</summary>
    [JsonIgnore]
    public double[] CpuRatios => [.. A.Zip(B, (a, b) => a.ServerCpuPerRequest / b.ServerCpuPerRequest)];

    /// <summary>The median of <see cref="CpuRatios"/>: above 1, B is cheaper.</summary>
    public double CpuRatio => Medians.Of(CpuRatios, r => r);

    /// <summary>Throughput of B over A's, of the medians.</summary>
    public double ThroughputRatio => Medians.Of(B, r => r.RequestsPerSecond) / Medians.Of(A, r => r.RequestsPerSecond);

    /// <summary>p99 of A over B's, of the medians.</summary>
    public double P99Ratio => Medians.Of(A, r => r.Latency.P99) / Medians.Of(B, r => r.Latency.P99);
}

/// <summary>Resident memory of both servers around the preload, in bytes.</summary>
internal sealed record MemoryRow(long ABefore, long AAfter, long BBefore, long BAfter, long Keys);

/// <summary>The JSON of a comparison.</summary>
internal sealed record CompareRow(
    DateTime Utc, string Machine, string CommandLine, ServerRow A, ServerRow B, LoadRow Load, string IoEngine, int Rounds, CellRow[] Cells, MemoryRow? Memory);

/// <summary>Medians of a field over rounds.</summary>
internal static class Medians
{
    /// <summary>The middle value; the mean of the middle two of an even number. NaN of none.</summary>
    public static double Of<T>(T[] items, Func<T, double> field)
    {
        double[] values = [.. items.Select(field).Order()];
        if (values.Length == 0)
            return double.NaN;
        int middle = values.Length / 2;
        return values.Length % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
    }
}

/// <summary>Names and shapes of the JSON, generated at compile time.</summary>
[JsonSourceGenerationOptions(
    WriteIndented = true,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(RunRow))]
[JsonSerializable(typeof(CompareRow))]
internal sealed partial class JsonShapes : JsonSerializerContext;

/// <summary>Writes results.</summary>
internal static class JsonFile
{
    /// <summary>To a file, or to standard output for <c>-</c>.</summary>
    public static void Write(string file, string json)
    {
        if (file == "-")
            Console.Out.WriteLine(json);
        else
            File.WriteAllText(file, json + "\n");
    }

    /// <summary>NaN has no JSON number: it becomes null.</summary>
    public static double? OrNull(double value) => double.IsNaN(value) ? null : value;
}
