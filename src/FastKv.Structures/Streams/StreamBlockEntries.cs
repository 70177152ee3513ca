namespace FastKv.Structures;

/// <summary>A walk over the entries of one block of a stream, without those that are deleted; the block must not change meanwhile. O(1) per step. Data plane.</summary>
public unsafe struct StreamBlockEntries
{
    private StreamBlockReader _reader;

    internal StreamBlockEntries(StreamBlock* block, StreamId first) => _reader = new StreamBlockReader(block, first);

    /// <summary>The entry's ID.</summary>
    public readonly StreamId Id => _reader.Id;

    /// <summary>Number of its fields.</summary>
    public readonly int FieldCount => _reader.FieldCount;

    /// <summary>Its fields and values.</summary>
    public readonly StreamItems Items => _reader.Items;

    /// <summary>Goes to the next entry; false: there is none.</summary>
    public bool MoveNext()
    {
        while (_reader.MoveNext())
        {
            if (!_reader.IsDeleted)
                return true;
        }
        return false;
    }
}
