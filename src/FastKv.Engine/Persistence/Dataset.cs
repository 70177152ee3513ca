using System.Diagnostics;
using System.Globalization;
using FastKv.Engine.Configuration;
using FastKv.Engine.Persistence.Files;
using FastKv.Engine.Persistence.Loading;
using FastKv.Engine.Persistence.Rdb;

namespace FastKv.Engine.Persistence;

// Control plane. From files to memory: at the start, and by DEBUG RELOAD. (The other way is Snapshots/.)

/// <summary>Loads what a server had saved. Whoever loads has all partitions to itself.</summary>
internal sealed unsafe class Dataset
{
    private const double BytesPerMegabyte = 1024 * 1024;

    private readonly FastKvServer _server;
    private readonly IFileSystem _files;
    private long _keysLoaded;

    public Dataset(FastKvServer server, IFileSystem files)
    {
        _server = server;
        _files = files;
    }

    /// <summary>Keys of the file that was loaded last.</summary>
    public long KeysLoaded => _server.Loading.IsOn ? _server.Loading.KeysLoaded : _keysLoaded;

    /// <summary>Keys of that file that had expired.</summary>
    public long KeysExpired { get; private set; }

    /// <summary>Function libraries that came with a file, as code; they go into the next one.</summary>
    public List<byte[]> Functions { get; } = [];

    /// <summary>The snapshot's path.</summary>
    public string FilePath => Path.Combine(Environment.CurrentDirectory, ConfigText.ToPath(_server.Options.DbFileName!));

    /// <summary>Length of the snapshot; 0: there is none.</summary>
    public long BytesOnDisk => _files.Exists(FilePath) ? new FileInfo(FilePath).Length : 0;

    /// <summary>Loads the snapshot, if there is one.</summary>
    /// <exception cref="DatasetException">It cannot be read or is damaged.</exception>
    public void LoadAtStart(LoadCrew crew)
    {
        var watch = Stopwatch.StartNew();
        int error = _files.OpenForReading(FilePath, out var file);
        if (error == FileErrors.NoSuchFile)
            return;
        if (error != FileErrors.None)
            throw new DatasetException($"Fatal error loading the DB: {FileErrors.TextOf(error)}. Exiting.");
        using (file)
            Load(file!, replaces: false, crew);
        _server.Log.Notice(string.Create(CultureInfo.InvariantCulture, $"DB loaded from disk: {watch.Elapsed.TotalSeconds:F3} seconds"));
    }

    /// <summary>Loads the snapshot in the place of what there is, or to it. The caller holds all partitions.</summary>
    /// <param name="flushes">Whether what there is goes.</param>
    /// <param name="replaces">Whether keys of the file take the place of those that there are; else such a key is a fault.</param>
    /// <returns>False: there is none, or it cannot be loaded, which was logged; then all is as it was, as it has to be for an append-only file to be right.</returns>
    public bool TryReload(bool flushes, bool replaces)
    {
        int error = _files.OpenForReading(FilePath, out var file);
        if (error != FileErrors.None)
        {
            _server.Log.Warning($"Fatal error: can't open the RDB file {FilePath} for reading: {FileErrors.TextOf(error)}");
            return false;
        }
        using (file)
        {
            var former = DatasetAside.Take(_server);
            if (!TryLoad(file!, replaces))
            {
                former.PutBack();
                return false;
            }
            if (flushes)
            {
                former.Discard();
                return true;
            }

            // Now that the file is known to be sound, nothing of it will be missing in what there is.
            bool isDuplicate = !replaces && former.HasLoadedKeys();
            former.PutBack();
            if (isDuplicate)
                _server.Log.Warning($"A key of {FilePath} is there already: nothing was loaded");
            return !isDuplicate && TryLoad(file!, replaces);
        }
    }

    /// <summary>Removes all keys of all databases, and frees them.</summary>
    public void Clear()
    {
        foreach (var partition in _server.Partitions)
        {
            foreach (var database in partition.Databases)
                database.Clear();
            partition.LazyFree.Drain();
        }
    }

    private bool TryLoad(IInputFile file, bool replaces)
    {
        try
        {
            using var crew = LoadCrew.OfThreads(_server.Partitions);
            Load(file, replaces, crew);
            return true;
        }
        catch (DatasetException exception)
        {
            _server.Loading.End();
            _server.Log.Warning(exception.Message);
            return false;
        }
    }

    private void Load(IInputFile file, bool replaces, LoadCrew crew)
    {
        long nowMs = _server.Clock.UnixMicroseconds / 1000;
        var options = new RdbLoadOptions
        {
            NowMs = nowMs,
            VerifiesChecksum = _server.Options.RdbChecksum && !_server.Options.SkipChecksumValidation,
            Replaces = replaces,
            Progress = _server.Loading,
            HeadRead = LogHead,
        };
        _server.Loading.Begin(file.Length, nowMs);
        RdbLoadResult result = RdbLoader.Load(_server.Partitions, file.Data, file.Length, options, crew);
        if (result.Fault != RdbFault.None)
        {
            throw new DatasetException(
                $"Fatal error loading the DB from {FilePath}: {RdbFaultText.Of(result.Fault)}, at offset {result.FaultOffset} of {file.Length}. "
                + "A snapshot is loaded as a whole or not at all; redis-check-rdb may tell more. Exiting.");
        }
        NoteLoaded(result);
        crew.RunAlone(_server.Saving.NoteLoaded);
        _server.Loading.End();
    }

    /// <summary>A file has been loaded, be it the snapshot or the base of an append-only file: its function libraries count from now on.</summary>
    public void NoteLoaded(RdbLoadResult result)
    {
        LogEnd(result);
        _keysLoaded = result.KeysLoaded;
        KeysExpired = result.KeysExpired;
        Functions.Clear();
        Functions.AddRange(result.Functions);
    }

    /// <summary>Logs what a file says of itself.</summary>
    public void LogHead(RdbLoadResult result)
    {
        var log = _server.Log;
        long nowMs = _server.Clock.UnixMicroseconds / 1000;
        if (result.Auxiliary.TryGetValue("redis-ver", out var version) || result.Auxiliary.TryGetValue("valkey-ver", out version))
            log.Notice($"Loading RDB produced by version {version}");
        if (result.Auxiliary.TryGetValue("ctime", out var text) && long.TryParse(text, CultureInfo.InvariantCulture, out long created))
            log.Notice(string.Create(CultureInfo.InvariantCulture, $"RDB age {Math.Max(0, (nowMs / 1000) - created)} seconds"));
        if (result.Auxiliary.TryGetValue("used-mem", out text) && long.TryParse(text, CultureInfo.InvariantCulture, out long used))
        {
            _server.Loading.RdbUsedBytes = used;
            log.Notice(string.Create(CultureInfo.InvariantCulture, $"RDB memory usage when created {used / BytesPerMegabyte:F2} Mb"));
        }
    }

    private void LogEnd(RdbLoadResult result)
    {
        var log = _server.Log;
        if (!result.HasChecksum && result.Version >= 5 && _server.Options.RdbChecksum)
            log.Notice("RDB file was saved with checksum disabled: no check performed.");
        if (result.ModuleKeys + result.ModuleData > 0)
            log.Warning($"{result.ModuleKeys} keys and {result.ModuleData} other data of modules were skipped: FastKv has no modules.");
        if (result.KeysEmpty > 0)
            log.Notice($"{result.KeysEmpty} empty keys were skipped.");
        log.Notice($"Done loading RDB, keys loaded: {result.KeysLoaded}, keys expired: {result.KeysExpired}.");
    }
}
