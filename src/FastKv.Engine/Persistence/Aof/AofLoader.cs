using System.Diagnostics;
using System.Text;
using FastKv.Engine.Configuration;
using FastKv.Engine.Persistence.Files;
using FastKv.Engine.Persistence.Loading;
using FastKv.Engine.Persistence.Rdb;

namespace FastKv.Engine.Persistence.Aof;

// Control plane. Loads an AOF, be it Redis's or ours: base and generations one after the other as the manifest has them. The files of a generation (one per
// shard of the server that wrote it) have no key in common, so they are read at the same time, but for what a redis-server has appended to the last of them;
// whatever is read is run by the partition of its key, in the order of the queue. The end of the last file (on several shards, of the last of each) may be
// missing.

/// <summary>Loads an AOF.</summary>
internal sealed unsafe class AofLoader(FastKvServer server, IFileSystem files, LoadCrew crew)
{
    private readonly FastKvServer _server = server;
    private readonly ServerOptions _options = server.Options;
    private readonly IFileSystem _files = files;
    private readonly LoadCrew _crew = crew;
    private readonly IBaseLoader _snapshots = new RdbBaseLoader(server, crew);

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
        if (manifest.Base is { } whole)
            total += SizeOf(whole);
        foreach (var file in manifest.Increments)
            total += SizeOf(file);
        _server.Loading.Begin(total, _server.Clock.UnixMicroseconds / 1000);
        _server.Dataset.Functions.Clear();
        using (var players = new EffectPlayers(_server))
        {
            try
            {
                if (manifest.Base is { } start)
                    LoadBase(start, isLast: manifest.Increments.Count == 0, players);
                for (int first = 0; first < manifest.Increments.Count;)
                    first += LoadGeneration(manifest, first, players);
            }
            finally
            {
                _crew.Settle();
                _server.Loading.End();
            }
        }
        _crew.RunAlone(() =>
        {
            foreach (var partition in _server.Partitions)
                partition.Statistics.Dirty = 0;
            _server.Saving.NoteLoaded();
        });
        _server.Log.Notice(FormattableString.Invariant(
            $"DB loaded from append only file: {Stopwatch.GetElapsedTime(started).TotalSeconds:F3} seconds"));
        return manifest;
    }

    /// <summary>The manifest; an AOF of before Redis 7 is moved to where it belongs.</summary>
    private AofManifest? Find()
    {
        string path = PathOf(ManifestName);
        string old = _options.AppendFileName!;
        string oldPath = Path.Combine(Environment.CurrentDirectory, ConfigText.ToPath(old));
        if (File.Exists(path))
        {
            var manifest = AofManifest.Parse(File.ReadAllText(path, Encoding.Latin1));

            // The server went down between the two steps of a move.
            if (manifest.Increments.Count == 0 && manifest.Base?.Name == old && !_files.Exists(PathOf(old)) && _files.Exists(oldPath))
                Move(manifest, old, oldPath);
            return manifest;
        }
        if (!_files.Exists(oldPath))
        {
            return _files.Exists(PathOf(old))
                ? throw new AofFault(
                    $"The AOF manifest file {ManifestName} doesn't exist, but the AOF file {old} exists in {Directory}. Please restore the manifest.")
                : null;
        }
        var adopted = new AofManifest();
        adopted.AdoptBase(old);
        Move(adopted, old, oldPath);
        return adopted;
    }

    /// <summary>Moves an AOF of before Redis 7 into the directory: first the manifest names it, then it is there; both for good when this returns.</summary>
    private void Move(AofManifest manifest, string old, string oldPath)
    {
        int error = _files.CreateDirectory(DirectoryPath);
        if (error == 0)
            error = manifest.Save(_files, DirectoryPath, ManifestName);
        if (error == 0)
            error = _files.Rename(oldPath, PathOf(old));
        if (error == 0)
            error = _files.SyncDirectory(DirectoryPath);
        if (error == 0)
            error = _files.SyncDirectory(Environment.CurrentDirectory);
        if (error != 0)
            throw new AofFault($"Error trying to move the old AOF file {old} into dir {Directory}: {FileErrors.TextOf(error)}");
        _server.Log.Notice($"Successfully migrated an old-style AOF configuration ({old}) into the AOF directory ({Directory}).");
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

    private void LoadBase(AofFile file, bool isLast, EffectPlayers players)
    {
        using var map = Open(file);
        long started = Stopwatch.GetTimestamp();
        long from = 0;
        try
        {
            if (RdbFormat.IsMagic(new ReadOnlySpan<byte>(map.Data, (int)Math.Min(map.Length, RdbFormat.MagicBytes))))
                from = _snapshots.Load(_server.Partitions, map.Data, map.Length, file.Name);
            if (from < map.Length)
            {
                var units = AofUnits.Walk(map.Data + from, map.Length - from);
                long end = Judge(file, units, from, map.Length, isLast);
                Read(map, from, end, file, players, home: null);
                _crew.Drain();

                // From now on increments follow: it is no longer the last, which may be torn.
                if (end < map.Length)
                    Truncate(file, end, map.Length, end, units.EndsInTransaction);
                _server.Loading.Add(map.Length - end);
            }
            _crew.Drain();
        }
        finally
        {
            _crew.Settle();
        }
        _server.Log.Notice(FormattableString.Invariant(
            $"DB loaded from base file {file.Name}: {Stopwatch.GetElapsedTime(started).TotalSeconds:F3} seconds"));
    }

    private AofUnits HeaderOf(AofFile file)
    {
        using var map = Open(file);
        long line = new ReadOnlySpan<byte>(map.Data, (int)Math.Min(map.Length, 256)).IndexOf((byte)'\n') + 1;
        return AofUnits.Walk(map.Data, line);
    }

    /// <summary>Loads a generation, the last one up to the last instant at which it was whole. Returns the number of its files.</summary>
    private int LoadGeneration(AofManifest manifest, int first, EffectPlayers players)
    {
        int count = AofGeneration.FilesFrom(first, manifest.Increments.Count, index => HeaderOf(manifest.Increments[index]));
        bool isLast = first + count == manifest.Increments.Count;
        var maps = new IInputFile[count];
        try
        {
            var units = new AofUnits[count];
            for (int i = 0; i < count; i++)
                maps[i] = Open(manifest.Increments[first + i]);
            EachAtOnce(count, i => units[i] = AofUnits.Walk(maps[i].Data, maps[i].Length));
            for (int i = 0; i < count; i++)
                _ = Judge(manifest.Increments[first + i], units[i], 0, maps[i].Length, isLast);
            long[] cuts = isLast ? AofRecovery.Cut(units) : Array.ConvertAll(units, each => each.ValidBytes);
            for (int i = 0; i < count && !_options.AofLoadTruncated; i++)
            {
                if (cuts[i] < maps[i].Length)
                    throw Torn(manifest.Increments[first + i], cuts[i], "Parts of commands over several shards, of which other parts are missing, in");
            }
            ReadAll(manifest, first, maps, cuts, players);
            _crew.Drain();
            for (int i = 0; i < count; i++)
            {
                long length = maps[i].Length;
                if (cuts[i] < length)
                    Truncate(manifest.Increments[first + i], cuts[i], length, units[i].ValidBytes, units[i].EndsInTransaction);
                _server.Loading.Add(length - cuts[i]);
            }
        }
        finally
        {
            // What is run refers to the files.
            _crew.Settle();
            foreach (var map in maps)
                map?.Dispose();
        }
        return count;
    }

    private void ReadAll(AofManifest manifest, int first, IInputFile[] maps, long[] cuts, EffectPlayers players)
    {
        int count = maps.Length;
        if (count == 1)
        {
            Read(maps[0], 0, cuts[0], manifest.Increments[first], players, home: null);
            return;
        }
        var routing = new Keyspace.Routing(count, 0);
        var ends = new ManualResetEventSlim[count];
        for (int i = 0; i < count; i++)
            ends[i] = new ManualResetEventSlim();
        using var begun = new ManualResetEventSlim();
        EachAtOnce(count, i =>
        {
            try
            {
                if (i > 0)
                    begun.Wait(_crew.Cancelled);
                var home = new AofHome(i, routing, i == 0 ? begun.Set : null, () => WaitFor(ends.AsSpan(0, i)));
                Read(maps[i], 0, cuts[i], manifest.Increments[first + i], players, home);
            }
            finally
            {
                if (i == 0)
                    begun.Set();
                ends[i].Set();
            }
        });
        foreach (var end in ends)
            end.Dispose();
    }

    private void WaitFor(ReadOnlySpan<ManualResetEventSlim> ends)
    {
        foreach (var end in ends)
            end.Wait(_crew.Cancelled);
    }

    /// <summary>Does something for each file of a generation, with a thread for each but the first; throws the first exception.</summary>
    private static void EachAtOnce(int count, Action<int> action)
    {
        var failures = new Exception?[count];
        var threads = new Thread[count];
        for (int i = count - 1; i >= 0; i--)
        {
            int index = i;
            if (i == 0)
            {
                Try(0);
                break;
            }
            threads[i] = new Thread(() => Try(index)) { Name = $"read-{i}", IsBackground = true };
            threads[i].Start();
        }
        for (int i = 1; i < count; i++)
            threads[i].Join();

        // One that was given up because another has failed says less than that one.
        var failure = Array.Find(failures, each => each is AofFault) ?? Array.Find(failures, each => each is not null);
        if (failure is not null)
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);

        void Try(int index)
        {
            try
            {
                action(index);
            }
            catch (Exception exception) when (exception is AofFault or OperationCanceledException)
            {
                failures[index] = exception;
            }
        }
    }

    /// <summary>The end of what may be run of a file; throws when it is damaged, or ends where it may not.</summary>
    /// <param name="file">The file.</param>
    /// <param name="units">What a walk over its commands found.</param>
    /// <param name="from">Where these begin.</param>
    /// <param name="length">Its length.</param>
    /// <param name="isLast">Whether nothing follows it.</param>
    private long Judge(AofFile file, AofUnits units, long from, long length, bool isLast)
    {
        if (units.DamagedAt >= 0)
        {
            throw new AofFault($"Bad file format reading the append only file {file.Name} at offset {from + units.DamagedAt}: make a backup of your AOF file, "
                + $"then use ./redis-check-aof --fix {ManifestName}");
        }
        long end = from + units.ValidBytes;
        if (end == length || (isLast && _options.AofLoadTruncated))
            return end;
        throw isLast
            ? Torn(file, end, "Unexpected end of file reading")
            : new AofFault($"Fatal error: the truncated file {file.Name} (valid up to offset {end}) is not the last file");
    }

    /// <summary>Why a file that would have to be cut is not loaded when <c>aof-load-truncated</c> is off.</summary>
    private AofFault Torn(AofFile file, long end, string what) =>
        new($"{what} the append only file {file.Name} at offset {end}. You can: 1) Make a backup of your "
            + $"AOF file, then use ./redis-check-aof --fix {ManifestName}. 2) Alternatively you can set the 'aof-load-truncated' configuration option "
            + "to yes and restart the server.");

    private void Truncate(AofFile file, long cut, long length, long valid, bool endsInTransaction)
    {
        if (cut == valid)
        {
            if (endsInTransaction)
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

    private void Read(IInputFile map, long from, long to, AofFile file, EffectPlayers players, AofHome? home)
    {
        using var reader = new AofReader(_server, _crew, players, file.Name, home);
        try
        {
            reader.Run(map.Data + from, map.Data + to);
        }
        catch (AofFault fault)
        {
            // Readers of other files give up, too.
            _crew.Fail(fault);
            throw;
        }
    }
}
