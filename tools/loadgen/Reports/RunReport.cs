// The result of a single run, for people and as JSON. Control plane.
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
        output.WriteLine($"{Facts.Name} {Facts.Version} at {Address}: {MixText()}");
        output.WriteLine(Text($"{Options.Connections} connections, pipeline {Pipeline}, {LoopText()}, {Options.Threads} thread(s), {IoEngine}"));
        string distribution = Options.Distribution.ToString().ToLowerInvariant();
        output.WriteLine(Text($"{Options.Keys:N0} keys of {Options.KeyBytes} B, {distribution}, values of {Options.ValueBytes} B"));
        output.WriteLine();
        output.WriteLine(Text($"  requests    {Result.Requests,13:N0}  in {Result.ElapsedSeconds:F2} s"));
        output.WriteLine(Text($"  throughput  {Result.RequestsPerSecond,13:N0}  requests/s"));
        WriteLatency(output);
        WriteCpu(output);
        if (Result.Nulls > 0)
            output.WriteLine(Text($"  nulls       {Result.Nulls,13:N0}  replies"));
        if (Result.Errors > 0)
            output.WriteLine(Text($"  ERRORS      {Result.Errors,13:N0}  replies, the first: {Result.FirstError}"));
        if (Result.NotSent > 0)
            output.WriteLine(Text($"  NOT SENT    {Result.NotSent,13:N0}  requests that were due: the server does not keep up with this rate"));
    }

    /// <summary>The same to a file.</summary>
    public void WriteJson(string file)
    {
        var row = new RunRow(
            DateTime.UtcNow, Machine.Describe(), new ServerRow(Facts.Name, Facts.Version, Address), LoadRow.Of(Options), Pipeline, IoEngine,
            [.. Commands.Select(c => new CommandRow(c.Template.Text, c.Weight))],
            Result.Requests, Result.Errors, Result.FirstError, Result.Nulls, Result.NotSent,
            Result.ElapsedSeconds, Result.RequestsPerSecond, JsonFile.OrNull(Cost.MicrosecondsPer(Result.Requests)), JsonFile.OrNull(Cost.UserShare),
            Result.ClientCpuMicroseconds, Result.AllocatedBytes, LatencyRow.Of(Result.Latency));
        JsonFile.Write(file, JsonSerializer.Serialize(row, JsonShapes.Default.RunRow));
    }

    private static string Text(FormattableString text) => FormattableString.Invariant(text);

    private void WriteLatency(TextWriter output)
    {
        LatencyRow row = LatencyRow.Of(Result.Latency);
        string quantiles = Text($"p50 {row.P50:N1}  p90 {row.P90:N1}  p99 {row.P99:N1}  p99.9 {row.P999:N1}");
        output.WriteLine(Text($"  latency     {quantiles}  max {row.Max:N1}  mean {row.Mean:N1} µs"));
    }

    private void WriteCpu(TextWriter output)
    {
        double clientShare = 100 * Result.ClientCpuSeconds / Result.ElapsedSeconds;
        output.WriteLine(Text($"  client CPU  {Result.ClientCpuMicroseconds,13:F3}  µs/request ({clientShare:F0}% of a core)"));
        if (double.IsNaN(Cost.Seconds))
            return;
        double share = 100 * Cost.Seconds / Result.ElapsedSeconds;
        string user = double.IsNaN(Cost.UserShare) ? "" : Text($", {100 * Cost.UserShare:F0}% of that user");
        output.WriteLine(Text($"  server CPU  {Cost.MicrosecondsPer(Result.Requests),13:F3}  µs/request ({share:F0}% of a core{user})"));
    }

    private string MixText()
        => Commands.Length == 1 ? Commands[0].Template.Text : string.Join(" | ", Commands.Select(c => Text($"{c.Weight} x {c.Template.Text}")));

    private string LoopText() => Options.RatePerSecond > 0 ? Text($"open loop at {Options.RatePerSecond:N0}/s") : "closed loop";
}
