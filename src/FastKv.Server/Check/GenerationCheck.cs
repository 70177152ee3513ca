using FastKv.Engine.Configuration;
using FastKv.Engine.Persistence.Aof;
using FastKv.Engine.Persistence.Files;

namespace FastKv.Server.Check;

// Control plane. The increments that several shards wrote side by side: each may end in the midst of a command, and a command over several shards may be in
// one of them and not in another. They are judged together and cut together, as the server cuts them when it starts; redis-server, which knows nothing of
// tickets, then finds files that are whole.

/// <summary>Checks the last generation of a journal of several shards.</summary>
internal sealed unsafe class GenerationCheck(AofCheckOptions options, CheckStreams streams, AofFileCheck files)
{
    private readonly AofCheckOptions _options = options;
    private readonly CheckStreams _streams = streams;
    private readonly AofFileCheck _files = files;

    /// <summary>One file.</summary>
    private sealed class Part(string name, string path)
    {
        public readonly string Name = name;
        public readonly string Path = path;
        public long Length, Lines, Limit;
        public string Damage = "";
        public bool IsCutByTime;
    }

    /// <summary>Checks the files; false: they are damaged and were not mended.</summary>
    public bool Run(List<string> names, Func<string, string> pathOf)
    {
        var parts = names.ConvertAll(name => new Part(name, pathOf(name)));
        var units = new AofUnits[parts.Count];
        for (int i = 0; i < parts.Count; i++)
        {
            if (!TryRead(parts[i], out units[i]))
                return false;
        }
        bool isByTime = parts.Exists(part => part.IsCutByTime);
        if (isByTime && !parts.TrueForAll(part => part.Damage.Length == 0))
            isByTime = false;
        long[] limits = [.. parts.Select(part => part.Limit)];
        long[] cuts = AofRecovery.Cut(units, limits);
        if (isByTime && HasNothing(cuts, units))
            return Fail($"AOF {parts[0].Path} has nothing before timestamp {_options.UntilSeconds}, aborting...");
        return isByTime ? CutToTimestamp(parts, cuts) : Judge(parts, limits, cuts);
    }

    private bool TryRead(Part part, out AofUnits units)
    {
        units = AofUnits.Walk(null, 0);
        int error = SystemFiles.Instance.OpenForReading(ConfigText.ToPath(part.Path), out var file);
        if (error != FileErrors.None)
            return Fail($"Cannot open file {part.Path}: {FileErrors.TextOf(error)}, aborting...");
        using (file)
        {
            part.Length = file!.Length;
            var scan = new AofScan(file.Data, file.Length, part.Path) { Lines = _files.Lines };
            var end = scan.Run(from: 0, _options.UntilSeconds);
            _files.Lines = part.Lines = scan.Lines;
            if (end == AofScanEnd.BadTimestamp)
                return Fail("Invalid timestamp annotation");
            part.IsCutByTime = end == AofScanEnd.AtTimestamp;
            part.Limit = part.IsCutByTime ? scan.TimestampOffset : scan.ValidBytes;
            if (scan.IsForeign)
                part.Damage = $"AOF {part.Name} format error\n";
            if (scan.Error.Length > 0)
                part.Damage += scan.Error + "\n";
            units = AofUnits.Walk(file.Data, file.Length);
            if (!part.IsCutByTime && CommandCheck.FirstRefusal(part.Name, file.Data, 0, Math.Min(part.Limit, units.ValidBytes)) is { } refusal)
                return Fail(refusal);
            if (units.ValidBytes < part.Limit)
            {
                part.Damage += $"AOF {part.Name} can be loaded up to offset {units.ValidBytes} only\n";
                part.Limit = units.ValidBytes;
            }
            else if (!part.IsCutByTime && part.Limit < part.Length && part.Damage.Length == 0)
            {
                part.Damage = $"AOF {part.Name} ends in the midst of a command\n";
            }
        }
        return true;
    }

    /// <summary>Whether no more than its first line is left of any file.</summary>
    private static bool HasNothing(long[] cuts, AofUnits[] units)
    {
        for (int i = 0; i < cuts.Length; i++)
        {
            if (cuts[i] > AofUnits.Header(units[i].Generation, units[i].Shard, units[i].Shards).Length)
                return false;
        }
        return true;
    }

    private bool Judge(List<Part> parts, long[] limits, long[] cuts)
    {
        bool isSound = true;
        for (int i = 0; i < parts.Count; i++)
        {
            var part = parts[i];
            if (part.Length == 0)
            {
                _streams.Output.Write($"INCR AOF {part.Name} is empty\n");
                continue;
            }
            bool isWhole = cuts[i] == part.Length;
            isSound &= isWhole;
            if (isWhole && _options.UntilSeconds != 0)
            {
                _files.SayNothingToCut(part.Name);
            }
            else
            {
                _streams.Output.Write(part.Damage);
                if (cuts[i] < limits[i])
                    _streams.Output.Write($"AOF {part.Name} holds parts of commands over several shards of which other parts are missing\n");
                _files.SayAnalyzed(part.Name, part.Length, cuts[i], part.Lines);
            }
            if (isWhole)
                _streams.Output.Write($"INCR AOF {part.Name} is valid\n");
            else if (!_options.Fix)
                _streams.Output.Write($"AOF {part.Name} is not valid. Use the --fix option to try fixing it.\n");
        }
        return isSound || (_options.Fix && Mend(parts, cuts));
    }

    private bool Mend(List<Part> parts, long[] cuts)
    {
        for (int i = 0; i < parts.Count; i++)
        {
            if (cuts[i] < parts[i].Length)
                _files.SayShrinking(parts[i].Name, parts[i].Length, cuts[i]);
        }
        // One answer for all: half of the cuts would be worth nothing. After a failure in between the rest is found again.
        if (!_files.Confirm())
            return false;
        for (int i = 0; i < parts.Count; i++)
        {
            if (cuts[i] < parts[i].Length && !_files.TryCut(parts[i].Name, parts[i].Path, cuts[i]))
                return false;
        }
        return true;
    }

    private bool CutToTimestamp(List<Part> parts, long[] cuts)
    {
        for (int i = 0; i < parts.Count; i++)
        {
            if (cuts[i] < parts[i].Length)
            {
                if (!_files.TryCutToTimestamp(parts[i].Name, parts[i].Path, cuts[i]))
                    return false;
                continue;
            }
            _files.SayNothingToCut(parts[i].Name);
            _streams.Output.Write($"INCR AOF {parts[i].Name} is valid\n");
        }
        return true;
    }

    private bool Fail(string text)
    {
        _streams.Output.Write(text + "\n");
        return false;
    }
}
