using System.Globalization;
using System.Text;
using FastKv.Engine.Configuration;
using FastKv.Engine.Persistence.Aof;

namespace FastKv.Server.Check;

/// <summary>What is asked of <c>info</c>. Control plane.</summary>
/// <param name="Path">The file or directory, Latin-1 text.</param>
/// <param name="IsJson">Whether the answer is JSON.</param>
/// <param name="Top">How many of the largest keys and prefixes are shown.</param>
/// <param name="PrefixSeparator">What ends the prefix of a name; empty: names have none.</param>
internal sealed record InfoOptions(string Path, bool IsJson, int Top, string PrefixSeparator);

/// <summary><c>info</c>: figures of an RDB file, a file of commands, or an AOF of several files. Control plane.</summary>
internal static class InfoCommand
{
    private const int TopMax = 100_000;
    private const int TopDefault = 10;

    public static int Run(string[] arguments, CheckStreams streams)
    {
        if (arguments is ["-h" or "--help"])
        {
            streams.Output.Write(CheckProgram.Usage);
            return CheckProgram.Sound;
        }
        if (Parse(arguments, streams.Error) is not { } options)
            return CheckProgram.Failed;
        var reports = new List<FileReport>();
        if (!TryRead(options, reports, out string reason))
        {
            streams.Error.Write(reason + "\n");
            return CheckProgram.Failed;
        }
        if (options.IsJson)
            InfoJson.Write(streams.Output, options, reports);
        else
            InfoText.Write(streams.Output, options, reports);
        return reports.TrueForAll(report => report.Damage is null) ? CheckProgram.Sound : CheckProgram.Failed;
    }

    private static InfoOptions? Parse(string[] arguments, TextWriter error)
    {
        var options = new InfoOptions("", IsJson: false, TopDefault, ":");
        for (int i = 0; i < arguments.Length; i++)
        {
            string argument = arguments[i];
            bool hasNext = i + 1 < arguments.Length;
            if (argument == "--json")
                options = options with { IsJson = true };
            else if (argument == "--top" && hasNext && TryCount(arguments[i + 1], out int top))
                (options, i) = (options with { Top = top }, i + 1);
            else if (argument == "--prefix-separator" && hasNext)
                (options, i) = (options with { PrefixSeparator = arguments[i + 1] }, i + 1);
            else if (options.Path.Length == 0 && argument.Length > 0 && !argument.StartsWith("--", StringComparison.Ordinal))
                options = options with { Path = argument };
            else
                return Refuse(error);
        }
        return options.Path.Length > 0 ? options : Refuse(error);
    }

    private static bool TryCount(string text, out int count) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out count) && count <= TopMax;

    private static InfoOptions? Refuse(TextWriter error)
    {
        error.Write(CheckProgram.Usage);
        return null;
    }

    private static bool TryRead(InfoOptions options, List<FileReport> reports, out string reason)
    {
        var reader = new FileReader(options);
        string path = options.Path;
        if (Directory.Exists(ConfigText.ToPath(path)) && !TryManifest(ref path, out reason))
            return false;
        if (AofCheckCommand.IsManifest(path, out reason) is not { } isManifest)
            return false;
        if (!isManifest)
        {
            reports.Add(reader.Read(path, path, "file"));
            return true;
        }
        AofManifest manifest;
        try
        {
            manifest = AofManifest.Parse(File.ReadAllText(ConfigText.ToPath(path), Encoding.Latin1));
        }
        catch (AofFault fault)
        {
            reason = fault.Message;
            return false;
        }
        string directory = Path.GetDirectoryName(path) ?? "/";
        if (manifest.Base is { } first)
            reports.Add(reader.Read(Path.Combine(directory, first.Name), first.Name, "base"));
        foreach (var file in manifest.Increments)
            reports.Add(reader.Read(Path.Combine(directory, file.Name), file.Name, "increment"));
        return true;
    }

    /// <summary>The manifest in a directory.</summary>
    private static bool TryManifest(ref string path, out string reason)
    {
        string[] names = Directory.GetFiles(ConfigText.ToPath(path), "*.manifest");
        reason = $"There is {(names.Length == 0 ? "no" : "more than one")} manifest in {path}";
        if (names.Length != 1)
            return false;
        path = ConfigText.FromPath(names[0]);
        return true;
    }
}
