using System.Text;
using System.Text.Json;
using FastKv.Engine.Keyspace;

namespace FastKv.Server.Check;

/// <summary>The report as JSON. Control plane.</summary>
internal static class InfoJson
{
    public static void Write(TextWriter output, InfoOptions options, List<FileReport> reports)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true, NewLine = "\n" }))
        {
            json.WriteStartObject();
            json.WriteStartArray("files");
            foreach (var report in reports)
                WriteFile(json, report, options);
            json.WriteEndArray();
            json.WriteEndObject();
        }
        // The stream's chars are bytes.
        output.Write(Encoding.Latin1.GetString(buffer.ToArray()));
        output.Write('\n');
    }

    private static void WriteFile(Utf8JsonWriter json, FileReport report, InfoOptions options)
    {
        json.WriteStartObject();
        json.WriteString("name", Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(report.Name)));
        json.WriteString("role", report.Role);
        json.WriteNumber("bytes", report.Bytes);
        json.WriteString("damage", report.Damage);
        if (report.RdbVersion > 0)
        {
            json.WriteNumber("rdb_version", report.RdbVersion);
            json.WriteStartObject("aux");
            foreach (var (name, value) in report.Auxiliary)
                json.WriteString(name, value);
            json.WriteEndObject();
            json.WriteNumber("function_libraries", report.Functions);
            json.WriteNumber("module_keys", report.ModuleKeys);
            json.WriteNumber("empty_keys", report.EmptyKeys);
        }
        if (report.Keys is { } keys)
            WriteKeys(json, keys, options);
        if (report.Commands is { } commands)
            WriteCommands(json, commands);
        json.WriteEndObject();
    }

    private static void WriteKeys(Utf8JsonWriter json, KeyStatistics keys, InfoOptions options)
    {
        json.WriteStartObject("keys");
        WriteFigures(json, keys.All);
        json.WriteEndObject();
        json.WriteStartArray("databases");
        foreach (var (database, figures) in keys.Databases)
        {
            json.WriteStartObject();
            json.WriteNumber("database", database);
            WriteFigures(json, figures.Keys);
            json.WriteNumber("expires", figures.Expiries);
            json.WriteNumber("expired", figures.Expired);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteStartArray("types");
        foreach (var (type, encoding, figures) in keys.ByEncoding)
        {
            json.WriteStartObject();
            json.WriteString("type", InfoText.NameOf(type));
            json.WriteString("encoding", Values.EncodingName(encoding));
            WriteFigures(json, figures);
            json.WriteNumber("elements", figures.Elements);
            json.WriteNumber("elements_max", figures.ElementsMax);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        WriteTtl(json, keys.Ttl);
        WriteLargest(json, "largest_by_memory", keys.LargestByMemory);
        WriteLargest(json, "largest_by_elements", keys.LargestByElements);
        WritePrefixes(json, keys.Prefixes, options);
    }

    private static void WriteFigures(Utf8JsonWriter json, KeyFigures figures)
    {
        json.WriteNumber("keys", figures.Keys);
        json.WriteNumber("file_bytes", figures.FileBytes);
        json.WriteNumber("memory_bytes", figures.MemoryBytes);
    }

    private static void WriteTtl(Utf8JsonWriter json, TtlFigures ttl)
    {
        json.WriteStartObject("ttl");
        json.WriteNumber("keys", ttl.Keys);
        json.WriteNumber("expired", ttl.Expired);
        json.WriteNumber("min_ms", ttl.MinimumMs);
        json.WriteNumber("average_ms", ttl.AverageMs);
        json.WriteNumber("max_ms", ttl.MaximumMs);
        json.WriteStartArray("histogram");
        foreach (var (below, count) in ttl.Histogram)
        {
            json.WriteStartObject();
            json.WriteString("below", below);
            json.WriteNumber("keys", count);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteLargest(Utf8JsonWriter json, string name, LargestKeys largest)
    {
        json.WriteStartArray(name);
        foreach (var key in largest.Descending())
        {
            json.WriteStartObject();
            json.WriteString("key", KeyText.Of(key.Key));
            json.WriteNumber("database", key.Database);
            json.WriteString("type", InfoText.NameOf(key.Value.Type));
            json.WriteString("encoding", Values.EncodingName(key.Value.Encoding));
            json.WriteNumber("elements", key.Value.Elements);
            json.WriteNumber("file_bytes", key.FileBytes);
            json.WriteNumber("memory_bytes", key.Value.MemoryBytes);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void WritePrefixes(Utf8JsonWriter json, PrefixFigures prefixes, InfoOptions options)
    {
        json.WriteStartObject("prefixes");
        json.WriteNumber("count", prefixes.Count);
        json.WriteStartArray("largest");
        foreach (var (prefix, figures) in prefixes.Largest(options.Top))
        {
            json.WriteStartObject();
            json.WriteString("prefix", KeyText.Of(prefix));
            WriteFigures(json, figures);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteStartObject("others");
        WriteFigures(json, prefixes.Others);
        json.WriteEndObject();
        json.WriteStartObject("none");
        WriteFigures(json, prefixes.Without);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteCommands(Utf8JsonWriter json, CommandFigures commands)
    {
        json.WriteStartObject("commands");
        json.WriteNumber("count", commands.Commands);
        json.WriteNumber("transactions", commands.Transactions);
        json.WriteNumber("generation", commands.Generation);
        json.WriteNumber("shard", commands.Shard);
        json.WriteNumber("shards", commands.Shards);
        json.WriteNumber("tickets", commands.Tickets);
        json.WriteNumber("first_timestamp", commands.FirstSeconds);
        json.WriteNumber("last_timestamp", commands.LastSeconds);
        json.WriteStartArray("names");
        foreach (var (name, sum) in commands.ByName.OrderByDescending(pair => pair.Value.Count).ThenBy(pair => pair.Key, StringComparer.Ordinal))
        {
            json.WriteStartObject();
            json.WriteString("name", name);
            json.WriteNumber("count", sum.Count);
            json.WriteNumber("bytes", sum.Bytes);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
