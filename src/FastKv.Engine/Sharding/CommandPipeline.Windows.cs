using FastKv.Engine.Clients;
using FastKv.Engine.Commands;
using FastKv.Engine.Transactions;
using FastKv.Memory;
using FastKv.Protocol;

namespace FastKv.Engine.Sharding;

// Data plane. Several shards: a batch goes out window by window, and comes back in parts.
internal sealed unsafe partial class CommandPipeline
{
    /// <summary>Runs a client's input on several shards, until it is used up or the client has to wait for other shards.</summary>
    /// <returns>False: the rings are full; to be called again in a later turn.</returns>
    public bool Run(Client client)
    {
        while (!client.InFlight && !client.IsClosed && (client.Gate & ClientGate.Halted) == 0)
        {
            var batch = client.Batch;
            if (batch is null)
            {
                ClientInput.TakeArrived(client);
                byte* cursor = client.Input.Data + client.InputCursor;
                byte* end = client.Input.Data + client.Input.Length;
                if (cursor == end || (client.Gate & ClientGate.Closing) != 0)
                    return true;
                batch = _pool.RentBatch();
                var status = Parse(client, ref cursor, end, batch, CommandBatch.SlotsMax);
                client.InputCursor = cursor - client.Input.Data;
                if (batch.Count == 0)
                {
                    _pool.Return(batch);
                    if (status == ParseStatus.Error)
                        _loop.Sockets.FailProtocol(client);
                    else
                        ClientInput.DropParsed(client);
                    return true;
                }
                client.Batch = batch;
                Resolve(batch, client);
            }

            if (!Advance(client, batch))
                return false;
            if (client.InFlight || client.Batch is not null)
                return true;
        }
        return true;
    }

    /// <summary>A part of the client's window has come back.</summary>
    /// <returns>True: the window is complete and merged; the client may go on.</returns>
    public bool CompletePart(Part part)
    {
        var batch = part.Batch;
        if (--batch.PartsInFlight > 0)
            return false;

        var client = part.Client;
        if (!client.IsClosed)
            MergeWindow(client, batch);
        if (part.Waiter is { } waiter)
            TakeWaiter(client, part, waiter);
        for (int i = 0; i < batch.Parts.Length; i++)
        {
            if (batch.Parts[i] is { } done)
            {
                batch.Parts[i] = null;
                _pool.Return(done);
            }
        }
        client.InFlight = false;
        client.EndReplySkip();
        CloseGate(client);
        EndCaching(client, command: null);
        if (batch.Next == batch.Count)
            EndBatch(client);
        return true;
    }

    /// <summary>The client's ticket is done; its reply has been written.</summary>
    public void CompleteTicket(Client client)
    {
        client.InFlight = false;
        client.EndReplySkip();
        CloseGate(client);
        EndCaching(client, command: null);
        if (client.Batch!.Next == client.Batch.Count)
            EndBatch(client);
    }

    /// <summary>A part that might have blocked has come back: it has (then its client waits, unless it has gone), or not.</summary>
    private void TakeWaiter(Client client, Part part, Blocking.Waiter waiter)
    {
        part.Waiter = null;
        if (client.Waiter != waiter)
        {
            _loop.Blocked.Return(waiter);
            return;
        }
        _loop.Blocked.Enter(client, waiter);
        if (client.IsClosed)
            _loop.Blocked.TryAbandon(client);
    }

    /// <summary>Runs or sends the rest of a batch, window by window; false: a ring is full.</summary>
    private bool Advance(Client client, CommandBatch batch)
    {
        while (batch.Next < batch.Count)
        {
            int shard = batch.Slots[batch.Next].Shard;
            if (client.Gate != ClientGate.Open)
            {
                if ((client.Gate & ClientGate.Closing) != 0)
                    return Discard(client);
                if ((client.Gate & ClientGate.Halted) != 0)
                    return true;
                var command = batch.Slots[batch.Next].Command;
                if ((client.Gate & ClientGate.Pause) != 0 && IsHeld(client, ref batch.Slots[batch.Next], batch.Arguments.Items + batch.Slots[batch.Next].First))
                    return true;
                client.BeginReplySkip();
                if ((client.Gate & ClientGate.Multi) != 0 && (command is null || Queueing.IsQueued(command)))
                    shard = CommandBatch.Inline;
                else if (shard != CommandBatch.Inline && !Admit(client, batch, batch.Next))
                    shard = CommandBatch.Inline;
            }
            ulong shards = 0;
            if (shard == CommandBatch.Transaction)
            {
                shard = Queueing.ShardOf(client, _partition.Index, out shards);

                // One that spans shards may come here again (full rings, locked keys), and its shards are looked up again then.
                if (shard != CommandBatch.Spanning)
                    batch.Slots[batch.Next].Shard = shard;
            }
            if (shard == CommandBatch.Inline || (shard == _partition.Index && _loop.StrictOrder))
            {
                if (Execute(client, batch, batch.Next, batch.Next + 1) > batch.Next)
                    batch.Next++;
                continue;
            }
            if (shard == CommandBatch.Spanning)
            {
                if (!_tickets.Begin(client, batch, batch.Next, waiter: null, shards))
                    return false;
                if ((client.Gate & ClientGate.Monitored) != 0)
                    Show(client, batch, batch.Next);
                batch.Next++;
                client.InFlight = true;
                return true;
            }

            int windowEnd = batch.Next;
            bool isRemote = false;
            int windowMax = _loop.StrictOrder || (client.Gate & ClientGate.OneByOne) != 0 ? batch.Next + 1 : batch.Count;
            while (windowEnd < windowMax && batch.Slots[windowEnd].Shard >= 0)
            {
                // A command that may block, or has to do with a transaction, is a window of its own: what follows waits for its end.
                var command = batch.Slots[windowEnd].Command!;
                bool isAlone = (command.Flags & CommandFlags.Blocking) != 0 || command.Group == CommandGroup.Transactions;
                if (isAlone && windowEnd > batch.Next)
                    break;

                // The first has been asked for above; one that is refused is run here, where the reply is written.
                if (client.Gate != ClientGate.Open && windowEnd > batch.Next && !Admit(client, batch, windowEnd))
                    break;
                isRemote |= batch.Slots[windowEnd++].Shard != _partition.Index;
                if (isAlone)
                    break;
            }
            if (!isRemote)
            {
                batch.Next = Execute(client, batch, batch.Next, windowEnd);
                continue;
            }
            if (!SendWindow(client, batch, windowEnd))
                return false;
            if ((client.Gate & ClientGate.Monitored) != 0)
                Show(client, batch, batch.WindowStart);
            return true;
        }
        EndBatch(client);
        return true;
    }

    /// <summary>The client is closing: forget what has been parsed and received.</summary>
    private bool Discard(Client client)
    {
        client.Parser.Reset();
        client.InputCursor = client.Input.Length;
        EndBatch(client);
        return true;
    }

    /// <summary>Sends each foreign shard its part of slots [Next, end), then runs the local ones.</summary>
    private bool SendWindow(Client client, CommandBatch batch, int end)
    {
        for (int i = batch.Next; i < end; i++)
        {
            int shard = batch.Slots[i].Shard;
            if ((shard != _partition.Index || _partition.Locks.Any) && !_loop.CanSend(shard))
                return false;
        }

        for (int i = batch.Next; i < end; i++)
        {
            int shard = batch.Slots[i].Shard;
            ref var part = ref batch.Parts[shard];
            part ??= _pool.Rent(client, batch, shard);
            part.Add(batch.Slots, i);
        }
        batch.WindowStart = batch.Next;
        batch.Next = end;
        client.InFlight = true;
        client.LastCommand = batch.Slots[end - 1].Command;
        for (int shard = 0; shard < batch.Parts.Length; shard++)
        {
            if (batch.Parts[shard] is not { } part || shard == _partition.Index)
                continue;
            batch.PartsInFlight++;
            if ((batch.Slots[part.FirstSlot].Command!.Flags & CommandFlags.Blocking) != 0)
                part.Waiter = _loop.Blocked.Rent();
            _loop.SendPart(part);
        }
        if (batch.Parts[_partition.Index] is not { } local)
            return true;
        if (_partition.Locks.Any && LockCheck.IsHeld(local, _partitions))
        {
            // It goes the way of the others: it is held in the inbox until the keys are free.
            batch.PartsInFlight++;
            _loop.SendPart(local);
        }
        else
        {
            _loop.Runner.Execute(_partition, local);
        }
        return true;
    }

    private void MergeWindow(Client client, CommandBatch batch)
    {
        bool drop = client.IsReplySuppressed;
        var output = drop ? _discard : client.Connection.Output;
        for (int i = batch.WindowStart; i < batch.Next; i++)
        {
            var part = batch.Parts[batch.Slots[i].Shard]!;
            if (part.Merged == 0)
                part.BeginMerge();
            long length = part.ReplyLengths[part.Merged++];
            if (part.Unmerged != null)
            {
                output.Append(new ReadOnlySpan<byte>(part.Unmerged, (int)length));
                part.Unmerged += length;
            }
            else
            {
                part.Replies.MoveTo(output, length);
            }
        }
        if (drop)
            _discard.Clear();
    }

    private void EndBatch(Client client)
    {
        _pool.Return(client.Batch!);
        client.Batch = null;
        ClientInput.DropParsed(client);
    }
}
