using FastKv.Memory;

namespace FastKv.Structures;

/// <summary>What is to become of pending entries whose entry is deleted.</summary>
public enum StreamReferences : byte
{
    /// <summary>They stay (KEEPREF).</summary>
    Keep,

    /// <summary>They go, too (DELREF).</summary>
    Delete,

    /// <summary>Only entries that every group has got and acknowledged are deleted (ACKED).</summary>
    Acknowledged,
}

/// <summary>
/// Deletes a stream's first entries: down to a number of entries, or those before an ID. Data plane. Approximate trims remove whole blocks only, and stop
/// before the limit, at the same blocks as Redis.
/// </summary>
public struct StreamTrim
{
    /// <summary>Whether <see cref="MinId"/> counts rather than <see cref="MaxLength"/>.</summary>
    public bool ById;

    /// <summary>Whether only whole blocks go.</summary>
    public bool IsApproximate;

    /// <summary>Entries that stay.</summary>
    public long MaxLength;

    /// <summary>The smallest ID that stays.</summary>
    public StreamId MinId;

    /// <summary>Most entries to delete; 0: any number.</summary>
    public long Limit;

    /// <summary>What becomes of references in groups.</summary>
    public StreamReferences References;

    /// <summary>Runs it; returns the number of entries deleted. O(blocks removed), plus O(entries of a block) if exact.</summary>
    /// <param name="heap">The shard's heap.</param>
    /// <param name="stream">The stream.</param>
    /// <param name="end">
    /// All entries before were looked at and none behind: an exact trim by this ID deletes the same, however the blocks are made. Behind the largest of all
    /// IDs comes 0-0.
    /// </param>
    public readonly unsafe long Run(NativeHeap heap, StreamState* stream, out StreamId end)
    {
        long deleted = 0;
        StreamId from = StreamId.Zero;
        end = StreamId.Zero;
        while (stream->Blocks.Count > 0 && !IsDone(stream))
        {
            var cursor = stream->Blocks.SeekAtLeast(from);
            if (!cursor.IsValid)
                break;
            var block = (StreamBlock*)cursor.Value;
            StreamId first = cursor.Id;
            if (Limit != 0 && deleted + block->Live > Limit)
                break;
            bool isWhole = ById ? block->Last < MinId : stream->Length - block->Live >= MaxLength;
            if (!isWhole && IsApproximate)
                break;
            if (isWhole && References != StreamReferences.Acknowledged)
            {
                if (References == StreamReferences.Delete)
                    DropReferences(heap, stream, block, first);
                deleted += block->Live;
                stream->Length -= block->Live;
                end = block->Last.Next;
                StreamLog.RemoveBlock(heap, stream, first, block);
                continue;
            }

            deleted += DeleteInside(heap, stream, block, first, out end);
            if (!isWhole)
                break;
            from = first.Next;
            if (block->Live == 0)
                StreamLog.RemoveBlock(heap, stream, first, block);
        }
        if (deleted > 0)
            StreamLog.NoteEdges(heap, stream, first: true, last: References == StreamReferences.Acknowledged);
        return deleted;
    }

    private readonly unsafe bool IsDone(StreamState* stream) => !ById && stream->Length <= MaxLength;

    private static unsafe void DropReferences(NativeHeap heap, StreamState* stream, StreamBlock* block, StreamId first)
    {
        var reader = new StreamBlockReader(block, first);
        while (reader.MoveNext())
        {
            if (!reader.IsDeleted)
                StreamGroup.RemoveReferences(heap, stream, reader.Id);
        }
    }

    private readonly unsafe long DeleteInside(NativeHeap heap, StreamState* stream, StreamBlock* block, StreamId first, out StreamId end)
    {
        long deleted = 0;
        end = block->Last.Next;
        var reader = new StreamBlockReader(block, first);
        while (reader.MoveNext())
        {
            if (ById ? reader.Id >= MinId : stream->Length <= MaxLength)
            {
                end = reader.Id;
                break;
            }
            if (reader.IsDeleted)
                continue;
            if (References == StreamReferences.Acknowledged && StreamGroup.IsReferenced(stream, reader.Id))
                continue;
            if (References == StreamReferences.Delete)
                StreamGroup.RemoveReferences(heap, stream, reader.Id);
            if (stream->Frozen != null)
                stream->Frozen->BeforeChange(heap, first, block);
            *reader.Entry |= (byte)StreamEntryFlags.Deleted;
            block->Live--;
            block->Deleted++;
            stream->Length--;
            deleted++;
        }
        return deleted;
    }
}
