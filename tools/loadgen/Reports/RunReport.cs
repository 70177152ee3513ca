// The result of a single run, for people and as JSON. Control plane.
using System.Globalization;
using System.Text.Json;
using FastKv.LoadGen.Load;
using FastKv.LoadGen.Servers;

namespace FastKv.LoadGen.Reports;

/// <summary>What was measured, and with what.</summary>
internal sealed record RunReport(
    PhaseResult Result, ServerCost Cost, ServerFacts Facts, string Address, string IoEngine, int Pipeline, LoadOptions Options,
    (RequestTemplate Template, double Weight)[] Commands)
{
    /// <summary>Some lines of text.</summary>
    public void WriteText(TextWriter output)
    {
        CultureInfo invariant = CultureInfo.InvariantCulture;
        LatencyRow latency = LatencyRow.Of(Result.Latency);
        string mix = string.Join(" | ", Commands.Select(c => Commands.Length == 1 ? c.Template.Text : $"{c.Weight.ToString(invariant)} x {c.Template.Text}"));
        string loop = Options.RatePerSecond > 0 ? string.Create(invariant, $"open loop at {Options.RatePerSecond:N0}/s") : "closed loop";
        output.WriteLine(string.Create(invariant, $"{Facts.Name} {Facts.Version} at {Address}: {mix}"));
        output.WriteLine(string.Create(invariant, $"{Options.Connections} connections, pipeline {Pipeline}, {loop}, {Options.Keys:N0} keys {Options.Distribution.ToString().ToLowerInvariant()}, {Options.Threads} thread(s), {IoEngine}"));
        output.WriteLine();
        output.WriteLine(string.Create(invariant, $"  requests    {Result.Requests,15:N0}   in {Result.ElapsedSeconds:F2} s"));
        output.WriteLine(string.Create(invariant, $"  throughput  {Result.RequestsPerSecond,15:N0}   requests/s"));
        output.WriteLine(string.Create(invariant, $"  latency     p50 {latency.P50:N1}  p90 {latency.P90:N1}  p99 {latency.P99:N1}  p99.9 {latency.P999:N1}  max {latency.Max:N1}  mean {latency.Mean:N1} µs"));
        output.WriteLine(string.Create(invariant, $"  client CPU  {Result.ClientCpuMicroseconds,15:F3}   µs/request ({100 * Result.ClientCpuSeconds / Result.ElapsedSeconds:F0}% of a core)"));
        if (!double.IsNaN(Cost.Seconds))
            output.WriteLine(string.Create(invariant, $"  server CPU  {Cost.MicrosecondsPer(Result.Requests),15:F3}   µs/request ({100 * Cost.Seconds / Result.ElapsedSeconds:F0}% of a core, {100 * Cost.UserShare:F0}% of that user)"));
        if (Result.Nulls > 0)
            output.WriteLine(string.Create(invariant, $"  nulls       {Result.Nulls,15:N0}   replies"));
        if (Result.Errors > 0)
            output.WriteLine(string.Create(invariant, $"  ERRORS      {Result.Errors,15:N0}   replies, the first: {Result.FirstError}"));
        if (Result.NotSent > 0)
            output.WriteLine(string.Create(invariant, $"  NOT SENT    {Result.NotSent,15:N0}   requests that were due: the server does not keep up with this rate"));
    }

    /// <summary>The same to a file.</summary>
    public void WriteJson(string file)
    {
        var row = new RunRow(
            DateTime.UtcNow, Machine.Describe(), new ServerRow(Facts.Name, Facts.Version, Address), LoadRow.Of(Options), Pipeline, IoEngine,
            [.. Commands.Select(c => new CommandRow(c.Template.Text, c.Weight))], Result.Requests, Result.Errors, Result.FirstError, Result.Nulls, Result.NotSent,
            Result.ElapsedSeconds, Result.RequestsPerSecond, JsonFile.OrNull(Cost.MicrosecondsPer(Result.Requests)), JsonFile.OrNull(Cost.UserShare),
            Result.ClientCpuMicroseconds, Result.AllocatedBytes, LatencyRow.Of(Result.Latency));
        JsonFile.Write(file, JsonSerializer.Serialize(row, JsonShapes.Default.RunRow));
    }
}
