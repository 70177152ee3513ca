using System.Diagnostics;
using System.Text;
using FastKv.Engine.Configuration;
using FastKv.Engine.Persistence.Files;

namespace FastKv.Engine.Persistence.Aof;

// Control plane. Loads an AOF, be it Redis's or ours: the files one after the other as the manifest has them, on one thread, before anybody else runs the
// partitions. The end of the last file (on several shards, of the last of each) may be missing.

/// <summary>Loads an AOF.</summary>
internal sealed unsafe class AofLoader(FastKvServer server, IFileSystem files, IBaseLoader? snapshots)
{
    private readonly FastKvServer _server = server;
    private readonly ServerOptions _options = server.Options;
    private readonly IFileSystem _files = files;
    private readonly IBaseLoader? _snapshots = snapshots;

    private string Directory => _options.AppendDirName!;

    private string ManifestName => _options.AppendFileName + ".manifest";

    /// <summary>Loads what is there; null: there is no AOF.</summary>
    /// <exception cref="AofFault">It cannot be loaded.</exception>
    public AofManifest? Load()
    {
        var manifest = Find();
        if (manifest is null || (manifest.Base is null && manifest.Increments.Count == 0))
            return manifest;
        long started = Stopwatch.GetTimestamp();
        long total = 0;
        if (manifest.Base is { } first)
            total += SizeOf(first);
        foreach (var file in manifest.Increments)
            total += SizeOf(file);
        _server.Loading.Begin(total);
        if (manifest.Base is { } start)
            LoadBase(start, isLast: manifest.Increments.Count == 0);
        int lastGeneration = LoadOlder(manifest);
        LoadGeneration(manifest, lastGeneration);
        _server.Loading.End();
        foreach (var partition in _server.Partitions)
            partition.Statistics.Dirty = 0;
        _server.Log.Notice(FormattableString.Invariant(
            $"DB loaded from append only file: {Stopwatch.GetElapsedTime(started).TotalSeconds:F3} seconds"));
        return manifest;
    }

    /// <summary>The manifest; an AOF of before Redis 7 is moved to where it belongs.</summary>
    private AofManifest? Find()
    {
        string path = PathOf(ManifestName);
        if (File.Exists(path))
            return AofManifest.Parse(File.ReadAllText(path, Encoding.Latin1));
        string old = _options.AppendFileName!;
        string oldPath = Path.Combine(Environment.CurrentDirectory, ConfigText.ToPath(old));
        if (!_files.Exists(oldPath))
        {
            return _files.Exists(PathOf(old))
                ? throw new AofFault(
                    $"The AOF manifest file {ManifestName} doesn't exist, but the AOF file {old} exists in {Directory}. Please restore the manifest.")
                : null;
        }
        _server.Log.Notice($"Successfully migrated an old-style AOF configuration ({old}) into the AOF directory ({Directory}).");
        var manifest = new AofManifest();
        manifest.AdoptBase(old);
        int error = _files.CreateDirectory(DirectoryPath);
        if (error == 0)
            error = manifest.Save(_files, DirectoryPath, ManifestName);
        if (error == 0)
            error = _files.Rename(oldPath, PathOf(old));
        return error == 0 ? manifest : throw new AofFault($"Error trying to move the old AOF file {old} into dir {Directory}: {FileErrors.TextOf(error)}");
    }

    private string DirectoryPath => Path.Combine(Environment.CurrentDirectory, ConfigText.ToPath(Directory));

    private string PathOf(string name) => Path.Combine(DirectoryPath, ConfigText.ToPath(name));

    private long SizeOf(AofFile file) =>
        _files.Exists(PathOf(file.Name)) ? AppendOnlyLog.SizeOf(PathOf(file.Name)) : throw new AofFault($"Fatal error: the AOF file {file.Name} doesn't exist");

    private IInputFile Open(AofFile file)
    {
        int error = _files.OpenForReading(PathOf(file.Name), out var content);
        return error == FileErrors.None
            ? content!
            : throw new AofFault($"Fatal error: can't open the append log file {file.Name} for reading: {FileErrors.TextOf(error)}");
    }

    private void LoadBase(AofFile file, bool isLast)
    {
        using var map = Open(file);
        long started = Stopwatch.GetTimestamp();
        long from = 0;
        if (map.Length >= 5 && new ReadOnlySpan<byte>(map.Data, 5).SequenceEqual("REDIS"u8))
        {
            if (_snapshots is null)
                throw new AofFault($"The base file {file.Name} is an RDB file, which cannot be read.");
            from = _snapshots.Load(_server.Partitions, map.Data, map.Length, file.Name);
        }
        if (from < map.Length)
        {
            var units = AofUnits.Walk(map.Data + from, map.Length - from, _server.ProtocolLimits);
            Run(map, from, from + Judge(file, units, map.Length - from, isLast), file);
        }
        _server.Loading.Add(map.Length);
        _server.Log.Notice(FormattableString.Invariant(
            $"DB loaded from base file {file.Name}: {Stopwatch.GetElapsedTime(started).TotalSeconds:F3} seconds"));
    }

    /// <summary>Loads the increments before the last generation, which must be whole; the index of its first file.</summary>
    private int LoadOlder(AofManifest manifest)
    {
        int first = FirstOfLastGeneration(manifest);
        for (int i = 0; i < first; i++)
        {
            var file = manifest.Increments[i];
            using var map = Open(file);
            var units = AofUnits.Walk(map.Data, map.Length, _server.ProtocolLimits);
            Run(map, 0, Judge(file, units, map.Length, isLast: false), file);
            _server.Loading.Add(map.Length);
        }
        return first;
    }

    private int FirstOfLastGeneration(AofManifest manifest)
    {
        int last = manifest.Increments.Count - 1;
        if (last < 0)
            return 0;
        var header = HeaderOf(manifest.Increments[last]);
        return header.Shard > 0 && header.Shard <= last && header.Shard == header.Shards - 1
            && HeaderOf(manifest.Increments[last - header.Shard]) is { Shard: 0 } opening && opening.Generation == header.Generation
            ? last - header.Shard
            : last;
    }

    private AofUnits HeaderOf(AofFile file)
    {
        using var map = Open(file);
        long line = new ReadOnlySpan<byte>(map.Data, (int)Math.Min(map.Length, 256)).IndexOf((byte)'\n') + 1;
        return AofUnits.Walk(map.Data, line, _server.ProtocolLimits);
    }

    /// <summary>Loads the last generation, up to the last instant at which it was whole.</summary>
    private void LoadGeneration(AofManifest manifest, int first)
    {
        int count = manifest.Increments.Count - first;
        if (count <= 0)
            return;
        var maps = new IInputFile[count];
        try
        {
            var units = new AofUnits[count];
            for (int i = 0; i < count; i++)
            {
                var file = manifest.Increments[first + i];
                maps[i] = Open(file);
                units[i] = AofUnits.Walk(maps[i].Data, maps[i].Length, _server.ProtocolLimits);
                _ = Judge(file, units[i], maps[i].Length, isLast: true);
            }
            long[] cuts = AofRecovery.Cut(units);
            for (int i = 0; i < count; i++)
            {
                var file = manifest.Increments[first + i];
                long length = maps[i].Length;
                Run(maps[i], 0, cuts[i], file);
                maps[i].Dispose();
                if (cuts[i] < length)
                    Truncate(file, cuts[i], length, units[i]);
                _server.Loading.Add(length);
            }
        }
        finally
        {
            foreach (var map in maps)
                map?.Dispose();
        }
    }

    /// <summary>The bytes of a file that may be run; throws when it is damaged, or ends where it may not.</summary>
    private long Judge(AofFile file, AofUnits units, long length, bool isLast)
    {
        if (units.DamagedAt >= 0)
        {
            throw new AofFault($"Bad file format reading the append only file {file.Name} at offset {units.DamagedAt}: make a backup of your AOF file, "
                + $"then use ./redis-check-aof --fix {ManifestName}");
        }
        if (units.ValidBytes == length)
            return length;
        if (isLast && _options.AofLoadTruncated)
            return units.ValidBytes;
        throw isLast
            ? new AofFault($"Unexpected end of file reading the append only file {file.Name} at offset {units.ValidBytes}. You can: 1) Make a backup of your "
                + $"AOF file, then use ./redis-check-aof --fix {ManifestName}. 2) Alternatively you can set the 'aof-load-truncated' configuration option "
                + "to yes and restart the server.")
            : new AofFault($"Fatal error: the truncated file {file.Name} (valid up to offset {units.ValidBytes}) is not the last file");
    }

    private void Truncate(AofFile file, long cut, long length, AofUnits units)
    {
        if (cut == units.ValidBytes)
        {
            if (units.EndsInTransaction)
                _server.Log.Warning("Revert incomplete MULTI/EXEC transaction from AOF file");
            _server.Log.Warning($"!!! Warning: short read while loading the AOF file {file.Name}!!!");
        }
        else
        {
            _server.Log.Warning($"The AOF file {file.Name} holds parts of commands over several shards of which other parts are missing");
        }
        _server.Log.Warning($"AOF {file.Name} loaded anyway because aof-load-truncated is enabled: truncating it from {length} to {cut} bytes");
        int error = _files.OpenForWriting(PathOf(file.Name), append: true, out var output);
        if (error == 0)
        {
            using var cutting = output!;
            error = cutting.SetLength(cut);
            if (error == 0)
                error = cutting.Sync();
        }
        if (error != 0)
            throw new AofFault($"Error truncating the AOF file {file.Name}: {FileErrors.TextOf(error)}");
    }

    private void Run(IInputFile map, long from, long to, AofFile file)
    {
        using var player = new EffectPlayer(_server);
        player.Run(map.Data + from, map.Data + to, file.Name);
    }
}
