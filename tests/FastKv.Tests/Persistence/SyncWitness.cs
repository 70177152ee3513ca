using System.Collections.Concurrent;
using System.Text;
using System.Text.RegularExpressions;
using FastKv.Engine.Persistence.Files;

namespace FastKv.Tests.Persistence;

/// <summary>
/// The real file system, all files in one folder, that knows which tokens (<c>token:17;</c>) are on the disk: in bytes that were written before a fsync began
/// which has ended. Its fsyncs take as long as the test wishes.
/// </summary>
internal sealed partial class SyncWitness(string folder) : PassingFiles(folder), IDisposable
{
    private const int TokenBytesMax = 40;

    private readonly ConcurrentDictionary<long, bool> _safe = new();
    private int _syncs;

    /// <summary>Closed: a fsync does not end.</summary>
    public ManualResetEventSlim Gate { get; } = new(initialState: true);

    /// <summary>With the gate closed so many fsyncs still pass.</summary>
    public int Passes;

    /// <summary>Fsyncs that have begun.</summary>
    public int Syncs => Volatile.Read(ref _syncs);

    /// <summary>Bytes that were said not to be read soon.</summary>
    public long ReleasedBytes;

    /// <summary>Such a stretch did not follow the one before it, or was not synced.</summary>
    public volatile string? WrongRelease;

    /// <summary>The error of every fsync; 0: none.</summary>
    public volatile int Error;

    /// <summary>Milliseconds that each takes at least.</summary>
    public int SyncMs { get; set; }

    /// <summary>The text of a token.</summary>
    public static string Token(long number) => $"token:{number};";

    /// <summary>Whether a token is on the disk.</summary>
    public bool IsSafe(long number) => _safe.ContainsKey(number);

    protected override IOutputFile Wrap(IOutputFile file) => new File(this, file);

    public void Dispose()
    {
        Gate.Set();
        Gate.Dispose();
    }

    [GeneratedRegex("token:(\\d+);")]
    private static partial Regex TokenPattern();

    private sealed class File(SyncWitness witness, IOutputFile file) : IOutputFile
    {
        private readonly StringBuilder _unsynced = new();
        private long _writtenBytes, _syncedBytes, _releasedBytes;

        public int Write(ReadOnlySpan<byte> bytes, out int written)
        {
            int error = file.Write(bytes, out written);
            lock (_unsynced)
            {
                _unsynced.Append(Encoding.Latin1.GetString(bytes[..written]));
                _writtenBytes += written;
            }
            return error;
        }

        public int Sync()
        {
            string text;
            long bytes;
            lock (_unsynced)
                (text, bytes) = (_unsynced.ToString(), _writtenBytes);
            Interlocked.Increment(ref witness._syncs);
            Thread.Sleep(witness.SyncMs);
            if (Interlocked.Decrement(ref witness.Passes) < 0)
                witness.Gate.Wait();
            int error = witness.Error != 0 ? witness.Error : file.Sync();
            if (error != 0)
                return error;
            foreach (Match match in TokenPattern().Matches(text))
                witness._safe.TryAdd(long.Parse(match.Groups[1].Value), true);
            lock (_unsynced)
                _unsynced.Remove(0, Math.Max(0, text.Length - TokenBytesMax));
            _syncedBytes = bytes;
            return 0;
        }

        public void Release(long offset, long end)
        {
            if (offset != _releasedBytes || end <= offset || end > _syncedBytes)
                witness.WrongRelease = $"from {offset} to {end}, after {_releasedBytes}, when {_syncedBytes} were synced";
            _releasedBytes = end;
            Interlocked.Add(ref witness.ReleasedBytes, end - offset);
            file.Release(offset, end);
        }

        public int SetLength(long length) => file.SetLength(length);

        public void Dispose() => file.Dispose();
    }
}
