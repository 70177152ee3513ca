using System.Globalization;
using System.Text;
using FastKv.Engine.Configuration;
using FastKv.Engine.Persistence.Aof;
using FastKv.Engine.Persistence.Files;

namespace FastKv.Server.Check;

/// <summary><c>check-aof</c>: the command line of <c>redis-check-aof</c>, and the order in which it goes through files. Control plane.</summary>
internal sealed class AofCheckCommand
{
    private const int ManifestLineChars = 1024;

    private readonly AofCheckOptions _options;
    private readonly CheckStreams _streams;
    private readonly AofFileCheck _files;

    private AofCheckCommand(AofCheckOptions options, CheckStreams streams)
    {
        (_options, _streams) = (options, streams);
        _files = new AofFileCheck(options, streams);
    }

    public static int Run(string program, string[] arguments, CheckStreams streams)
    {
        AofCheckOptions options;
        switch (arguments)
        {
            case ["-v" or "--version"]:
                streams.Output.Write($"{program} {ServerVersion.RedisVersion}\n");
                return CheckProgram.Sound;
            case ["-h" or "--help"]:
                streams.Output.Write(CheckProgram.Usage);
                return CheckProgram.Sound;
            case [var path]:
                options = new AofCheckOptions(path, Fix: false, UntilSeconds: 0);
                break;
            case ["--fix", var path]:
                options = new AofCheckOptions(path, Fix: true, UntilSeconds: 0);
                break;
            case ["--truncate-to-timestamp", var text, var path]:
                if (!long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long seconds))
                {
                    streams.Output.Write("Invalid timestamp, aborting...\n");
                    return CheckProgram.Failed;
                }
                options = new AofCheckOptions(path, Fix: false, seconds);
                break;
            default:
                streams.Output.Write($"Usage: {program} [--fix|--truncate-to-timestamp $timestamp] <file.manifest|file.aof>\n");
                return CheckProgram.Failed;
        }
        return new AofCheckCommand(options, streams).Run() ? CheckProgram.Sound : CheckProgram.Failed;
    }

    /// <summary>Whether a file is a manifest: its first line that is no comment begins with "file". Null: it cannot be read, and why.</summary>
    public static bool? IsManifest(string name, out string reason)
    {
        string path = ConfigText.ToPath(name);
        reason = "";
        if (Directory.Exists(path))
        {
            reason = $"Cannot read file: {name}";
            return null;
        }
        int error = SystemFiles.Instance.OpenForReading(path, out var file);
        if (error != FileErrors.None)
        {
            reason = $"Cannot open file {name}: {FileErrors.TextOf(error)}";
            return null;
        }
        file!.Dispose();
        using var reader = new StreamReader(path, Encoding.Latin1);
        Span<char> start = stackalloc char[ManifestLineChars];
        while (true)
        {
            int count = 0;
            for (int c; count < ManifestLineChars && (c = reader.Read()) >= 0;)
            {
                start[count++] = (char)c;
                if (c == '\n')
                    break;
            }
            if (count == 0 || start[0] != '#')
                return start[..count].StartsWith("file");
        }
    }

    private bool Run()
    {
        string name = _options.Path;
        if (IsManifest(name, out string reason) is not { } isManifest)
        {
            _streams.Output.Write(reason + "\n");
            return false;
        }
        return isManifest ? RunParts() : RunSingle();
    }

    private bool RunSingle()
    {
        string name = _options.Path;
        _streams.Output.Write("Start checking Old-Style AOF\n");
        var verdict = _files.Check(name, name, isLast: true, AofFileCheck.IsRdb(name) == true);
        if (verdict is AofVerdict.Valid or AofVerdict.Empty)
            _streams.Output.Write($"AOF {name} is {(verdict == AofVerdict.Valid ? "valid" : "empty")}\n");
        return verdict != AofVerdict.Failed;
    }

    private bool RunParts()
    {
        _streams.Output.Write("Start checking Multi Part AOF\n");
        AofManifest manifest;
        try
        {
            manifest = AofManifest.Parse(File.ReadAllText(ConfigText.ToPath(_options.Path), Encoding.Latin1));
        }
        catch (AofFault fault)
        {
            _streams.Output.Write(fault.Message + "\n");
            return false;
        }
        return CheckBase(manifest) && CheckIncrements(manifest) && Say("All AOF files and manifest are valid");
    }

    private bool CheckBase(AofManifest manifest)
    {
        if (manifest.Base is not { } file)
            return true;
        string path = PathOf(file.Name);
        if (AofFileCheck.IsRdb(path) is not { } isRdb)
        {
            _streams.Output.Write($"Cannot open file {path}: {AofFileCheck.ReasonOf(path)}\n");
            return false;
        }
        _streams.Output.Write($"Start to check BASE AOF ({(isRdb ? "RDB" : "RESP")} format).\n");
        return Say("BASE AOF", file.Name, _files.Check(file.Name, path, isLast: manifest.Increments.Count == 0, isRdb));
    }

    private bool CheckIncrements(AofManifest manifest)
    {
        var increments = manifest.Increments;
        if (increments.Count == 0)
            return true;
        _streams.Output.Write("Start to check INCR files.\n");
        int first = AofGeneration.FirstOfLast(increments.Count, index => AofFileCheck.HeaderOf(PathOf(increments[index].Name)));
        bool isOfShards = increments.Count - first > 1;
        int single = isOfShards ? first : increments.Count;
        for (int i = 0; i < single; i++)
        {
            string name = increments[i].Name;
            if (!Say("INCR AOF", name, _files.Check(name, PathOf(name), isLast: i == increments.Count - 1, isRdb: false)))
                return false;
        }
        if (!isOfShards)
            return true;
        var names = increments.GetRange(first, increments.Count - first).ConvertAll(file => file.Name);
        return new GenerationCheck(_options, _streams, _files).Run(names, PathOf);
    }

    private bool Say(string kind, string name, AofVerdict verdict)
    {
        if (verdict is AofVerdict.Valid or AofVerdict.Empty)
            _streams.Output.Write($"{kind} {name} is {(verdict == AofVerdict.Valid ? "valid" : "empty")}\n");
        return verdict != AofVerdict.Failed;
    }

    private bool Say(string text)
    {
        _streams.Output.Write(text + "\n");
        return true;
    }

    /// <summary>Where a file of the manifest is, as C's dirname has it.</summary>
    private string PathOf(string name)
    {
        string directory = Path.GetDirectoryName(_options.Path) ?? "/";
        return (directory.Length == 0 ? "." : directory.TrimEnd('/')) + "/" + name;
    }
}
