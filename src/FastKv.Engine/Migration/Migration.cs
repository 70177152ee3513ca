using FastKv.Engine.Blocking;
using FastKv.Memory;

namespace FastKv.Engine.Migration;

// Control plane. One MIGRATE that is under way. Whoever runs its command (under the ownership of the partitions) and the task that talks to the target take
// turns; each hands it to the other and does not touch it until it comes back:
//
//   command: lock the keys, dump some ──► task: send, read the answers ──► command: dump more ──► ... ──► command: delete what was acknowledged, unlock

/// <summary>The state of a MIGRATE between its command's runs.</summary>
internal sealed class Migration(Waiter? waiter, MigrationTarget target, int[] keys) : IDisposable
{
    /// <summary>Values are dumped until they are so many bytes, then sent: what one turn does, and what is held in memory, is bounded but for one large value.</summary>
    public const long BatchBytes = 1 << 20;

    /// <summary>Commands (RESTORE) in the batch, as they go to the target.</summary>
    public NativeBuffer Request;

    private readonly CancellationTokenSource _cancellation = new();

    /// <summary>The suspended command; null: it stands in a transaction.</summary>
    public Waiter? Waiter { get; } = waiter;

    /// <summary>It keeps partitions while it goes on, being part of a transaction.</summary>
    public bool IsHolding => Waiter is null;

    public MigrationTarget Target { get; } = target;

    /// <summary>Indices of the keys that were there at the beginning, among the command's arguments.</summary>
    public int[] Keys { get; } = keys;

    /// <summary>Which of them the target has acknowledged.</summary>
    public bool[] IsAcknowledged { get; } = new bool[keys.Length];

    /// <summary>COPY: nothing is deleted.</summary>
    public bool IsCopy { get; init; }

    /// <summary>REPLACE: what the target has under that name goes.</summary>
    public bool Replaces { get; init; }

    /// <summary>The keys are locked.</summary>
    public bool IsLocked { get; set; }

    /// <summary>The first of <see cref="Keys"/> that has not been dumped.</summary>
    public int Next { get; set; }

    /// <summary>The keys of the batch, as indices into <see cref="Keys"/>.</summary>
    public List<int> Batch { get; } = [];

    /// <summary>The connection in use; null: none yet, or it has failed.</summary>
    public TargetConnection? Connection { get; set; }

    /// <summary>The first error that the target has replied; null: none.</summary>
    public byte[]? TargetError { get; set; }

    /// <summary>Why nothing more can be sent; null: more can be.</summary>
    public byte[]? Failure { get; set; }

    /// <summary>Something of the target's answers to RESTORE has been read: a connection that fails is not replaced by another one.</summary>
    public bool HasReadAnswer { get; set; }

    /// <summary>All has been dumped, or nothing more can be sent.</summary>
    public bool IsOver => Failure is not null || Next == Keys.Length;

    public CancellationToken Cancellation => _cancellation.Token;

    /// <summary>Ends the exchange as if the connection had failed (the client has gone); any thread.</summary>
    public void Cancel() => _cancellation.Cancel();

    public void Dispose()
    {
        Request.Release();
        Connection?.Dispose();
        _cancellation.Dispose();
    }
}

/// <summary>Where to, and as whom.</summary>
/// <param name="Host">Name or address.</param>
/// <param name="Port">0 to 65535; negative: it cannot be connected to.</param>
/// <param name="Database">Number of the database there, as the target will judge it.</param>
/// <param name="TimeoutMs">For each step of the exchange.</param>
/// <param name="User">AUTH2's user; null: none.</param>
/// <param name="Password">Null: no AUTH.</param>
internal sealed record MigrationTarget(string Host, int Port, long Database, int TimeoutMs, byte[]? User, byte[]? Password)
{
    /// <summary>Whether a connection that was made for the one serves the other: no one uses what another has authenticated.</summary>
    public bool SharesConnectionWith(MigrationTarget other) => Host == other.Host && Port == other.Port
        && User.AsSpan().SequenceEqual(other.User) && Password.AsSpan().SequenceEqual(other.Password) && Password is null == other.Password is null;
}
