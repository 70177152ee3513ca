using System.Diagnostics;
using FastKv.Engine.Clients;
using FastKv.Engine.Configuration;
using FastKv.Engine.Keyspace;
using FastKv.Engine.Persistence.Files;
using FastKv.Engine.Persistence.Journal;

namespace FastKv.Engine.Persistence.Aof;

// Control plane. The append-only file of a server: on and off, its files, rewriting. One increment per shard and generation; a generation ends where something
// concerns all shards at once (a rewrite, FLUSHALL on several shards), so loading the files one after the other, as redis-server does, gives every key its
// history in order:
//
//   base │ shard 0  shard 1  shard 2 │ shard 0  shard 1  shard 2 │ ...
//        └───── a generation ────────┴── the next one
//
// On several shards a file begins with "#FASTKV:<generation>:<shard>:<shards>", which Redis skips.

/// <summary>The AOF.</summary>
internal sealed partial class AppendOnlyLog : IDisposable
{
    private const long RewriteRetryMs = 60_000;
    private const int RewriteFailuresBeforePause = 3;

    private readonly FastKvServer _server;
    private readonly ServerOptions _options;
    private readonly IFileSystem _files;
    private readonly AofWriter _writer;
    private readonly object _gate = new();
    private AofManifest _manifest = new();
    private AofManifest? _rotation;
    private readonly AofBase _base;
    private bool _isRequested;
    private volatile AofState _state;
    private volatile bool _isBaseDone;
    private volatile bool _hasStartFailed;
    private volatile bool _isGivenUp;
    private volatile int _generations;
    private bool _isRdbBase;
    private bool _isManifestDurable;
    private int _baseError;
    private int _firstNewIncrement;
    private long _rewriteBaseBytes;
    private long _olderBytes;
    private long _rewriteStarted;
    private long _rewriteNumber;
    private int _failuresInRow;
    private long _rewriteFailedMs;
    private volatile int _syncError;
    private volatile int _writeError;
    private volatile bool _isRewriting;
    private volatile bool _isRotated;
    private volatile int _rotationError;
    private string _temporaryBase = "";
    private string _rewriteDirectory = "";

    public AppendOnlyLog(FastKvServer server, IFileSystem files)
    {
        _server = server;
        _options = server.Options;
        _files = files;
        _base = new AofBase(server);
        Pressure = new JournalPressure(this, server.Partitions, _options, server.Clock);
        _writer = new AofWriter(this, server.Partitions, _options, files, server.Latency);
    }

    /// <summary>Whether there is a log, or is to be one.</summary>
    public bool IsOn => _state != AofState.Off;

    /// <summary>Whether the first base is being written: effects are told, but nothing on the disk names the files in which they stand.</summary>
    public bool IsStarting => _state == AofState.Starting;

    /// <summary>Whether what is synced would be there after a crash.</summary>
    public bool IsComplete => _state == AofState.On;

    /// <summary>Whether journals are written to files.</summary>
    public bool IsTelling => _state >= AofState.Starting;

    /// <summary>
    /// Whether replies leave only when what they tell of is safe (while the log starts: will be when that is done), or as safe as no-appendfsync-on-rewrite
    /// lets it be.
    /// </summary>
    public bool HoldsReplies => IsTelling && _options.AppendFsync == AppendFsync.Always;

    /// <summary>A transaction is being executed: what is asked for within it begins behind it, for its unit must not be cut in two.</summary>
    public bool IsWithinTransaction { get; set; }

    /// <summary>The errno of the last write or fsync; 0: it went well.</summary>
    public int WriteError => _writeError != 0 ? _writeError : _syncError;

    /// <summary>Whether all loops have been told that clients may not write, for an error; a moment after <see cref="WriteError"/>.</summary>
    public bool RefusesWrites { get; private set; }

    /// <summary>The error (errno) that a refusal tells of: the last one, since a loop may refuse for a moment after it is over.</summary>
    public int RefusalError { get; private set; }

    /// <summary>The last write has failed: what was to be written waits.</summary>
    public bool IsWriteFailing => _writeError != 0;

    public bool IsRewriting => _isRewriting;

    /// <summary>Whether a file with all data is being written beside: a rewrite's or BGSAVE's.</summary>
    public bool IsSnapshotBeingWritten => _isRewriting || _server.Saving.Current is not null;

    /// <summary>Whether such a file is being written for which Redis would have a child process: one that is still wanted, and not that of SAVE.</summary>
    public bool IsChildAtWork => (_isRewriting && !_isGivenUp) || _server.Saving.IsInBackground;

    /// <summary>A rewrite is to begin as soon as possible.</summary>
    public bool IsRewriteScheduled { get; set; }

    public bool LastRewriteFailed { get; private set; }

    /// <summary>Rewrites that have begun, whatever became of them.</summary>
    public long Rewrites { get; private set; }

    public int ConsecutiveFailures { get; private set; }

    /// <summary>Seconds that the last rewrite took; −1: there was none.</summary>
    public long LastRewriteSeconds { get; private set; } = -1;

    /// <summary>Seconds that the present rewrite has taken; −1: there is none.</summary>
    public long CurrentRewriteSeconds => _isRewriting ? (long)Stopwatch.GetElapsedTime(_rewriteStarted).TotalSeconds : -1;

    public AofWriter Writer => _writer;

    /// <summary>Whether clients have to wait for the disk.</summary>
    public JournalPressure Pressure { get; }

    /// <summary>Bytes of base and increments.</summary>
    public long CurrentBytes
    {
        get
        {
            long sum = Volatile.Read(ref _olderBytes);
            foreach (var output in _writer.Outputs)
                sum += Math.Max(0, output.Size);
            return sum;
        }
    }

    /// <summary>What <see cref="CurrentBytes"/> was after the last rewrite; before there was one, the size of the base that the server started with.</summary>
    public long BaseBytes => _rewriteBaseBytes;

    /// <summary>The directory, relative to the working directory.</summary>
    public string Directory => _options.AppendDirName!;

    /// <summary>The directory in which the log is, absolute: CONFIG SET dir does not change it, the next rewrite does.</summary>
    public string DirectoryPath { get; private set; } = "";

    /// <summary>The directory in which a log that is begun now would be, absolute.</summary>
    private string PresentDirectoryPath => Path.Combine(Environment.CurrentDirectory, ConfigText.ToPath(Directory));

    /// <summary>The name of the manifest in it.</summary>
    public string ManifestName => _options.AppendFileName + ".manifest";

    /// <summary>Length of what is there to be loaded at the start; 0: nothing.</summary>
    public long BytesOnDisk
    {
        get
        {
            string old = Path.Combine(Environment.CurrentDirectory, ConfigText.ToPath(_options.AppendFileName!));
            long sum = _files.Exists(old) ? SizeOf(old) : 0;
            if (System.IO.Directory.Exists(PresentDirectoryPath))
                sum += System.IO.Directory.EnumerateFiles(PresentDirectoryPath).Sum(SizeOf);
            return sum;
        }
    }

    /// <summary>A number of the commit that makes all that was published safe, for <see cref="AofWriter.Durable"/>.</summary>
    public long RequestCommit() => _writer.RequestCommit();

    /// <summary>Begins at the start of the server, after what <paramref name="manifest"/> (null: nothing was there) names has been loaded.</summary>
    public void Start(AofManifest? manifest)
    {
        DirectoryPath = PresentDirectoryPath;
        Check(_files.CreateDirectory(DirectoryPath), $"Can't open or create append-only dir {Directory}");
        _manifest = manifest?.Copy() ?? new AofManifest();
        DeleteHistory();
        if (_manifest.Base is null && _manifest.Increments.Count == 0)
        {
            var file = _manifest.ReplaceBase(_options.AppendFileName!, _options.AofUseRdbPreamble, 0);
            int error = 0;
            _base.Write(PathOf(file.Name), _options.AofUseRdbPreamble, result => error = result);
            Check(error, $"Error trying to create the AOF base file {file.Name}");
            _server.Log.Notice($"Creating AOF base file {file.Name} on server start");
        }
        var last = _manifest.Increments.Count > 0 ? _manifest.Increments[^1] : null;
        if (_server.Partitions.Length == 1 && last is not null)
            Check(_writer.OpenNext(0, PathOf(last.Name), append: true), $"Can't open the append-only file {last.Name}");
        else
            Check(OpenGeneration(_manifest), "Can't open the append-only file");
        Check(_writer.SyncNext(), "Can't sync the append-only file");
        _writer.TakeNext();
        Check(Save(_manifest), "Fail to persist the AOF manifest");
        CountOlder();

        // How long it was after the last rewrite stands nowhere: the base is what it certainly had, as Redis takes it.
        _rewriteBaseBytes = _manifest.Base is { } start ? SizeOf(PathOf(start.Name)) : 0;
        Listen();
    }

    /// <summary>On the first loop, some times a second: begins a rewrite that is due.</summary>
    public void Tick()
    {
        if (_isRequested || !(_hasStartFailed || IsRewriteDue(out _)))
            return;
        _isRequested = true;
        _server.Loops[0].RunExclusive(() =>
        {
            _isRequested = false;
            if (_hasStartFailed)
            {
                EndFailedStart();
                return;
            }

            // A command may have begun it meanwhile.
            if (!IsRewriteDue(out string? cause))
                return;
            if (cause is not null)
                _server.Log.Notice(cause);
            _ = BeginRewrite(out _);
        });
    }

    /// <summary>The writer's thread, after each step: a base that is complete takes its place.</summary>
    public void Advance()
    {
        // Not in the midst of a rotation that is tried again: it would bring back what the manifest was before the base came into it.
        if (_isRewriting && _isBaseDone && _rotation is null && (_isRotated || _isGivenUp || _rotationError != 0))
            FinishRewrite();
    }

    /// <summary>The writer's thread: tells the loops that a commit is safe.</summary>
    public void AnnounceCommit()
    {
        foreach (var loop in _server.Loops)
        {
            if (loop.Commits.IsWaiting)
                loop.Wake();
        }
    }

    /// <summary>Tells the loops that more is synced, or that there is nothing to wait for any more; any thread.</summary>
    public void AnnounceSync()
    {
        // Pairs with the fence in ShardLoop.WaitMicroseconds: the loop, going to sleep, sees what is synced, or it is seen waiting.
        Interlocked.MemoryBarrier();
        foreach (var loop in _server.Loops)
        {
            if (loop.FileWaits.IsWaiting)
                loop.Wake();
        }
    }

    /// <summary>A write has failed.</summary>
    public void FailWrite(int error)
    {
        if (_writeError == 0)
            _server.Log.Warning($"Error writing to the AOF file: {FileErrors.TextOf(error)}");
        if (HoldsReplies)
        {
            _server.Log.Warning("Can't recover from AOF write error when the AOF fsync policy is 'always'. Exiting...");
            Environment.Exit(1);
        }
        SetErrors(write: error, sync: null);
    }

    /// <summary>All that there was to be written is, rotation included.</summary>
    public void EndWriteError()
    {
        if (_writeError == 0)
            return;
        _server.Log.Warning("AOF write error looks solved, Redis can write again.");
        SetErrors(write: 0, sync: null);
    }

    /// <summary>A fsync has failed.</summary>
    public void FailSync(int error)
    {
        if (HoldsReplies)
        {
            _server.Log.Warning(
                $"Can't persist AOF for fsync error when the AOF fsync policy is 'always': {FileErrors.TextOf(error)}. Exiting...");
            Environment.Exit(1);
        }
        if (_syncError == 0)
            _server.Log.Warning($"Fail to fsync the AOF file: {FileErrors.TextOf(error)}");
        SetErrors(write: null, sync: error);
    }

    /// <summary>A fsync has succeeded.</summary>
    public void EndSyncError()
    {
        if (_syncError != 0)
            SetErrors(write: null, sync: 0);
    }

    public void Dispose()
    {
        // Nobody runs the partitions any more, so a snapshot would never end by itself.
        if (_isRewriting && !_isBaseDone)
        {
            GiveUpRewrite();
            _base.Wait();
        }
        _writer.Dispose();
        if (IsComplete && _manifest.History.Count > 0)
            DeleteHistory();
    }

    private string PathOf(string name) => Path.Combine(DirectoryPath, ConfigText.ToPath(name));

    /// <summary>Sets the errors (null: as it is), and lets clients write or not.</summary>
    private void SetErrors(int? write, int? sync)
    {
        lock (_gate)
        {
            // A sync may end, and fail, after the log was turned off: that is nobody's concern any more.
            bool isTelling = IsTelling;
            _writeError = isTelling ? write ?? _writeError : 0;
            _syncError = isTelling ? sync ?? _syncError : 0;
            if (WriteError != 0)
                RefusalError = WriteError;

            // Whoever reads of it in INFO finds it so with the next command.
            _server.SetCommonGate(ClientGate.DiskError, WriteError != 0);
            RefusesWrites = WriteError != 0;
        }
    }

    /// <summary>Bytes of a file; 0: there is none.</summary>
    public static long SizeOf(string path)
    {
        var file = new FileInfo(path);
        return file.Exists ? file.Length : 0;
    }

    private static void Check(int error, string what)
    {
        if (error != 0)
            throw new AofFault($"{what}: {FileErrors.TextOf(error)}");
    }

    /// <summary>Opens new increments, one per shard, beside those there are. An errno.</summary>
    private int OpenGeneration(AofManifest manifest)
    {
        int shards = _server.Partitions.Length;
        long generation = 0;
        for (int shard = 0; shard < shards; shard++)
        {
            var file = manifest.AddIncrement(_options.AppendFileName!);
            if (shard == 0)
                generation = file.Sequence;
            int error = _writer.OpenNext(shard, PathOf(file.Name), append: false);
            if (error == 0 && shards > 1)
                error = WriteHeader(_writer.Next[shard], generation, shard);
            if (error != 0)
                return error;
        }
        return 0;
    }

    private int WriteHeader(JournalFile output, long generation, int shard)
    {
        byte[] line = System.Text.Encoding.ASCII.GetBytes(AofUnits.Header(generation, shard, _server.Partitions.Length));
        output.Size += line.Length;
        return output.File!.WriteAll(line);
    }

    private int Save(AofManifest manifest) => Save(manifest, out _);

    private int Save(AofManifest manifest, out bool isInPlace)
    {
        int error = manifest.Save(_files, DirectoryPath, ManifestName, out isInPlace);
        if (isInPlace)
            _isManifestDurable = error == 0;
        return error;
    }

    /// <summary>Reads what the manifest on the disk names, if there is one. An errno.</summary>
    private int LoadManifest()
    {
        int error = LoadManifest(DirectoryPath, out var manifest);
        if (error == 0)
            _manifest = manifest;
        return error;
    }

    private unsafe int LoadManifest(string directory, out AofManifest manifest)
    {
        manifest = new AofManifest();
        int error = _files.OpenForReading(Path.Combine(directory, ConfigText.ToPath(ManifestName)), out var file);
        if (error != 0)
            return error == FileErrors.NoSuchFile ? 0 : error;
        try
        {
            using (file)
                manifest = AofManifest.Parse(System.Text.Encoding.Latin1.GetString(new ReadOnlySpan<byte>(file!.Data, checked((int)file.Length))));
        }
        catch (AofFault fault)
        {
            _server.Log.Warning(fault.Message);
            return FileErrors.Invalid;
        }
        return 0;
    }

    /// <summary>Bytes of the files that are no longer written to.</summary>
    private void CountOlder()
    {
        long sum = _manifest.Base is null ? 0 : Math.Max(0, SizeOf(PathOf(_manifest.Base.Name)));
        int written = Math.Min(_writer.Outputs[0].IsOpen ? _server.Partitions.Length : 0, _manifest.Increments.Count);
        for (int i = 0; i < _manifest.Increments.Count - written; i++)
            sum += Math.Max(0, SizeOf(PathOf(_manifest.Increments[i].Name)));
        Volatile.Write(ref _olderBytes, sum);
        _generations = _manifest.Increments.Count / _server.Partitions.Length;
    }
}
