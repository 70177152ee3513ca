using FastKv.Engine.Clients;
using FastKv.Engine.Persistence.Aof;

namespace FastKv.Engine.Sharding;

// Data plane. With appendfsync always replies leave only when what they tell of is on the disk. A client whose replies are complete is held: nothing more of it
// is run, and nothing is sent. All that were held while one commit was under way wait for the next one together.
//
//   replies written ──► held ──request──► committing ──safe──► sent, and the client goes on

/// <summary>The clients of one loop whose replies wait for a commit. Its thread only, but for <see cref="IsWaiting"/>.</summary>
internal sealed class CommitGate(ShardLoop loop)
{
    private readonly ShardLoop _loop = loop;
    private List<Client> _held = new(64);
    private List<Client> _committing = new(64);
    private long _number;

    private AppendOnlyLog Log => _loop.Server.Aof;

    /// <summary>Some clients wait for a commit; any thread.</summary>
    public bool IsWaiting { get; private set; }

    /// <summary>The commit that clients wait for is safe, or there is one to be asked for.</summary>
    public bool IsDue => IsWaiting ? Log.Writer.Durable >= _number : _held.Count > 0;

    /// <summary>Holds a client whose output may not be sent yet; false: it has none.</summary>
    public bool TryHold(Client client)
    {
        if ((client.Gate & ClientGate.Committing) != 0)
            return true;

        // Parts of it are still under way: it is looked at again when they are back.
        if (client.InFlight)
            return true;
        if (client.Connection.Output.Length == 0)
            return false;
        Hold(client);
        return true;
    }

    /// <summary>Holds a client until all that has been published is safe.</summary>
    public void Hold(Client client)
    {
        client.Gate |= ClientGate.Committing;
        client.Connection.IsHeld = true;
        _held.Add(client);
    }

    /// <summary>Once a turn: sends what is safe, and asks for the next commit.</summary>
    public void Run()
    {
        if (IsWaiting && Log.Writer.Durable >= _number)
            Release();
        if (!IsWaiting && _held.Count > 0)
        {
            (_held, _committing) = (_committing, _held);
            IsWaiting = true;
            _number = Log.RequestCommit();
        }
    }

    private void Release()
    {
        IsWaiting = false;
        foreach (var client in _committing)
        {
            client.Gate &= ~ClientGate.Committing;
            if (client.IsClosed)
            {
                _loop.ForgetIfIdle(client);
                continue;
            }
            client.Connection.IsHeld = false;
            if (client.IsHeldAgain)
            {
                client.IsHeldAgain = false;
                Hold(client);
                continue;
            }
            // Not by way of Flush: what is on its way to the network is not to be held again.
            _loop.Sockets.Send(client);
            if (client.Batch is not null || client.Arrived.Length > 0 || client.Input.Length > client.InputCursor)
                _loop.MarkReady(client);
        }
        _committing.Clear();
    }
}
