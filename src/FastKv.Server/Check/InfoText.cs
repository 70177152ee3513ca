using System.Text;
using FastKv.Engine.Keyspace;

namespace FastKv.Server.Check;

/// <summary>The report as text. Control plane.</summary>
internal static class InfoText
{
    public static void Write(TextWriter output, InfoOptions options, List<FileReport> reports)
    {
        var text = new StringBuilder();
        foreach (var report in reports)
        {
            AppendFile(text, report);
            if (report.Keys is { } keys)
                AppendKeys(text, keys, options);
            if (report.Commands is { } commands)
                AppendCommands(text, commands);
        }
        // The stream's chars are bytes.
        output.Write(Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(text.ToString())));
    }

    /// <summary>The lower-case name of a type.</summary>
    public static string NameOf(Structures.ValueType type) => type switch
    {
        Structures.ValueType.String => "string",
        Structures.ValueType.List => "list",
        Structures.ValueType.Set => "set",
        Structures.ValueType.SortedSet => "zset",
        Structures.ValueType.Hash => "hash",
        _ => "stream",
    };

    private static void Line(StringBuilder text, string line) => text.Append(line).Append('\n');

    private static void AppendFile(StringBuilder text, FileReport report)
    {
        Line(text, $"# File {report.Name} ({report.Role})");
        Line(text, $"bytes: {report.Bytes}");
        if (report.Damage is not null)
            Line(text, $"DAMAGED: {report.Damage}; the figures are of what comes before");
        if (report.RdbVersion > 0)
            Line(text, $"rdb_version: {report.RdbVersion}");
        foreach (var (name, value) in report.Auxiliary)
            Line(text, $"aux {name}: {value}");
        if (report.Functions > 0)
            Line(text, $"function_libraries: {report.Functions}");
        if (report.ModuleKeys > 0)
            Line(text, $"module_keys (not counted): {report.ModuleKeys}");
        if (report.EmptyKeys > 0)
            Line(text, $"empty_keys (not counted): {report.EmptyKeys}");
        text.Append('\n');
    }

    private static void AppendKeys(StringBuilder text, KeyStatistics keys, InfoOptions options)
    {
        Line(text, "## Keys");
        Line(text, $"keys: {keys.All.Keys}");
        Line(text, $"file_bytes: {keys.All.FileBytes}");
        Line(text, $"memory_bytes (estimated): {keys.All.MemoryBytes}");
        foreach (var (database, figures) in keys.Databases)
        {
            Line(text, $"db{database}: keys={figures.Keys.Keys},expires={figures.Expiries},expired={figures.Expired},"
                + $"file_bytes={figures.Keys.FileBytes},memory_bytes={figures.Keys.MemoryBytes}");
        }
        text.Append("\n## Types\n");
        Line(text, $"{"type",-8}{"encoding",-12}{"keys",12}{"elements",14}{"largest",12}{"file bytes",16}{"memory bytes",16}");
        foreach (var (type, encoding, figures) in keys.ByEncoding)
        {
            Line(text, $"{NameOf(type),-8}{Encoding.ASCII.GetString(Values.EncodingName(encoding)),-12}{figures.Keys,12}{figures.Elements,14}"
                + $"{figures.ElementsMax,12}{figures.FileBytes,16}{figures.MemoryBytes,16}");
        }
        AppendTtl(text, keys.Ttl);
        AppendLargest(text, "memory", keys.LargestByMemory);
        AppendLargest(text, "elements", keys.LargestByElements);
        AppendPrefixes(text, keys.Prefixes, options);
    }

    private static void AppendTtl(StringBuilder text, TtlFigures ttl)
    {
        text.Append("\n## Times to live\n");
        Line(text, $"keys: {ttl.Keys}");
        Line(text, $"expired: {ttl.Expired}");
        if (ttl.Keys == ttl.Expired)
            return;
        Line(text, $"min_ms: {ttl.MinimumMs}");
        Line(text, $"average_ms: {ttl.AverageMs}");
        Line(text, $"max_ms: {ttl.MaximumMs}");
        foreach (var (below, count) in ttl.Histogram)
            Line(text, $"{(below == "longer" ? below : "below " + below),-16}{count,12}");
    }

    private static void AppendLargest(StringBuilder text, string measure, LargestKeys largest)
    {
        var keys = largest.Descending();
        if (keys.Count == 0)
            return;
        Line(text, $"\n## Largest keys by {measure}");
        Line(text, $"{"memory bytes",14}{"elements",12}{"file bytes",14}  {"type",-8}{"encoding",-12}db  key");
        foreach (var key in keys)
        {
            Line(text, $"{key.Value.MemoryBytes,14}{key.Value.Elements,12}{key.FileBytes,14}  {NameOf(key.Value.Type),-8}"
                + $"{Encoding.ASCII.GetString(Values.EncodingName(key.Value.Encoding)),-12}{key.Database,-3} {KeyText.Of(key.Key)}");
        }
    }

    private static void AppendPrefixes(StringBuilder text, PrefixFigures prefixes, InfoOptions options)
    {
        Line(text, $"\n## Prefixes ({prefixes.Count})");
        Line(text, $"{"keys",12}{"file bytes",16}{"memory bytes",16}  prefix");
        foreach (var (prefix, figures) in prefixes.Largest(options.Top))
            Line(text, $"{figures.Keys,12}{figures.FileBytes,16}{figures.MemoryBytes,16}  {KeyText.Of(prefix)}");
        if (prefixes.Others.Keys > 0)
            Line(text, $"{prefixes.Others.Keys,12}{prefixes.Others.FileBytes,16}{prefixes.Others.MemoryBytes,16}  (not told apart)");
        if (prefixes.Without.Keys > 0)
            Line(text, $"{prefixes.Without.Keys,12}{prefixes.Without.FileBytes,16}{prefixes.Without.MemoryBytes,16}  (none)");
        text.Append('\n');
    }

    private static void AppendCommands(StringBuilder text, CommandFigures commands)
    {
        text.Append("## Commands\n");
        Line(text, $"commands: {commands.Commands}");
        Line(text, $"transactions: {commands.Transactions}");
        if (commands.Shards > 0)
        {
            Line(text, $"generation: {commands.Generation}, shard {commands.Shard} of {commands.Shards}");
            Line(text, $"shares of commands over several shards: {commands.Tickets}");
        }
        if (commands.FirstSeconds > 0)
            Line(text, $"timestamps: {commands.FirstSeconds} to {commands.LastSeconds}");
        Line(text, $"{"count",12}{"bytes",16}  name");
        foreach (var (name, sum) in commands.ByName.OrderByDescending(pair => pair.Value.Count).ThenBy(pair => pair.Key, StringComparer.Ordinal))
            Line(text, $"{sum.Count,12}{sum.Bytes,16}  {name}");
        text.Append('\n');
    }
}
