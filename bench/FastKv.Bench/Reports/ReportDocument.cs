// Puts sections together into Markdown, SVG and JSON files. Control plane.
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using FastKv.LoadGen.Reports;
using static FastKv.Bench.Reports.SectionReport;

namespace FastKv.Bench.Reports;

/// <summary>Writes a report of some sections.</summary>
internal static class ReportDocument
{
    private static readonly JsonSerializerOptions JsonOptions = new()
    {
        WriteIndented = false,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
    };

    /// <summary>Writes the files date-kind.md, date-kind-*.svg and date-kind.json.</summary>
    /// <param name="settings">Of the run.</param>
    /// <param name="kind">Part of the file names.</param>
    /// <param name="title">Heading.</param>
    /// <param name="method">How it was measured.</param>
    /// <param name="command">To run it again.</param>
    /// <param name="sections">What was measured.</param>
    /// <returns>Path of the Markdown file.</returns>
    public static string Write(ReportSettings settings, string kind, string title, string method, string command, IReadOnlyList<SectionReport> sections)
    {
        Directory.CreateDirectory(settings.Output);
        string name = $"{DateTime.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}-{kind}";
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"# {title}\n\n");
        if (settings.Quick)
            text.Append("**Quick mode: a check that all works. These figures mean nothing.**\n\n");
        WriteMachine(text, command);
        text.Append(method).Append("\n\n");
        text.Append("## Targets\n\n").Append(Targets(sections)).Append('\n');
        foreach (SectionReport section in sections)
        {
            text.Append(CultureInfo.InvariantCulture, $"## {section.Title}\n\n{section.Text}");
            foreach ((string file, IChart chart) in section.Charts)
            {
                string svg = $"{name}-{file}.svg";
                File.WriteAllText(Path.Combine(settings.Output, svg), chart.ToSvg());
                text.Append(CultureInfo.InvariantCulture, $"![{chart.Title}]({svg})\n\n");
            }
        }
        text.Append(CultureInfo.InvariantCulture, $"All rounds: [{name}.json]({name}.json).\n");
        string path = Path.Combine(settings.Output, name + ".md");
        File.WriteAllText(path, text.ToString());
        string json = JsonSerializer.Serialize(sections.ToDictionary(s => s.Name, s => s.Raw), JsonOptions);
        File.WriteAllText(Path.Combine(settings.Output, name + ".json"), json + "\n");
        return path;
    }

    /// <summary>Writes the README's part: the main table, the targets of the other sections, and where they come from.</summary>
    public static void WriteReadmeFragment(ReportSettings settings, string report, string command, IReadOnlyList<SectionReport> sections)
    {
        string file = Path.GetFileName(report), charts = Path.GetFileNameWithoutExtension(report);
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"""
            {sections[0].Title}: server pinned to one core with one shard, client to another, 16-byte keys and values, 50 connections;
            medians of {settings.Rounds} alternating rounds. {Machine.Describe()}, {DateTime.UtcNow:yyyy-MM-dd}.

            {sections[0].MainTable}

            """);
        text.Append(CultureInfo.InvariantCulture, $"![CPU time per operation](perf-reports/{charts}-{sections[0].Charts[0].File}.svg)\n\n");
        text.Append(Targets(sections.Skip(1)));
        text.Append(CultureInfo.InvariantCulture, $"\nMethod, charts and all rounds: [{file}](perf-reports/{file}). To reproduce:\n\n    {command}\n");
        File.WriteAllText(Path.Combine(settings.Output, "README-fragment.md"), text.ToString());
    }

    /// <summary>The table of targets.</summary>
    public static string Targets(IEnumerable<SectionReport> sections)
    {
        var text = new StringBuilder("| figure | measured | target | |\n|---|--:|--:|---|\n");
        foreach (Target target in sections.SelectMany(s => s.Targets))
        {
            string value = Number(target.Value, "#,0.###"), limit = Number(target.Limit, "#,0.###");
            string unit = target.Unit.Length > 0 ? " " + target.Unit : "";
            (string sign, string verdict) = (target.IsMinimum ? "≥" : "≤", target.IsMet ? "met" : "**missed**");
            text.Append(CultureInfo.InvariantCulture, $"| {target.Name} | {value}{unit} | {sign} {limit}{unit} | {verdict} |\n");
        }
        return text.ToString();
    }

    private static void WriteMachine(StringBuilder text, string command)
    {
        string load = File.ReadAllText("/proc/loadavg").Split(' ')[0];
        text.Append(CultureInfo.InvariantCulture, $"""
            {DateTime.UtcNow:yyyy-MM-dd HH:mm} UTC. {Machine.Describe()}; .NET {Environment.Version}; {Output("redis-server", "--version")};
            FastKv {Output("git", "rev-parse --short HEAD")}; load average {load} at the end.

                {command}

            <details><summary>lscpu</summary>

            ```
            {Output("lscpu", "")}
            ```
            </details>


            """);
    }

    /// <summary>How the engine is measured.</summary>
    public static string EngineMethod(ReportSettings settings) => string.Create(CultureInfo.InvariantCulture, $"""
        **Method.** FastKv is the published ReadyToRun build, redis-server runs without persistence. The server is pinned to core {settings.ServerCore}
        (one shard), the client to core {settings.ClientCore}: our own load generator (`tools/loadgen`), one thread, in the reporting process.
        Both servers of a comparison are driven in alternating rounds of {settings.RoundSeconds} s, the order turning each round; every cell begins with
        {settings.WarmUpSeconds} s of the same load per server that is not measured. Figures are medians of {settings.Rounds} rounds
        (where a table says no other number), ratios of CPU time the medians of the rounds' ratios.
        CPU time is the kernel's account of the server's process in nanoseconds (user and system, all threads), divided by replies.
        Keys and values have 16 bytes; keys are drawn uniformly.
        A ratio of figures taken side by side holds where absolute figures drift by tens of percent from day to day.
        """);

    private static string Output(string program, string arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            string text = process.StandardOutput.ReadToEnd().Trim();
            process.WaitForExit();
            return text;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return $"{program}: not installed";
        }
    }
}
